"""/v1/chat/completions: a request read, turned into sequences, and the answer in OpenAI's shapes."""

import secrets
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, field

from inference.api.errors import RefusedError
from inference.api.generation import Count, Piece, Word, pieces, room, submit
from inference.api.language import Language
from inference.api.messages import ChatMessage, for_template
from inference.api.metrics import Metrics
from inference.api.requests import MAX_TOP, Common, constrain, own_constraint
from inference.api.texts import StopFilter
from inference.api.tools import INSTRUCTION, Chosen, Tool, Toolbox, call, toolbox
from inference.constrain.base import Constraint
from inference.engine.request import Request, Sampling


class SchemaFormat(Struct, frozen=True, forbid_unknown_fields=True, rename={"schema_": "schema"}):
    """A named schema. It is always followed strictly, whatever `strict` says."""

    name: str
    schema_: dict[str, Any]
    description: str = ""
    strict: bool | None = None


class ResponseFormat(Struct, frozen=True, forbid_unknown_fields=True):
    """What the answer must be."""

    type: Literal["text", "json_object", "json_schema"]
    json_schema: SchemaFormat | None = None


class ChatRequest(Common, frozen=True, kw_only=True):
    """One turn of a conversation."""

    messages: Annotated[list[ChatMessage], Meta(min_length=1)]
    max_completion_tokens: Annotated[int, Meta(ge=1)] | None = None
    logprobs: bool = False
    top_logprobs: Annotated[int, Meta(ge=0, le=MAX_TOP)] = 0
    response_format: ResponseFormat | None = None
    tools: list[Tool] = field(default_factory=list)
    tool_choice: Literal["none", "auto", "required"] | Chosen | None = None
    parallel_tool_calls: bool = True
    chat_template_kwargs: dict[str, Any] = field(default_factory=dict)

    @property
    def limit(self) -> int | None:
        """Tokens of the answer, under either name."""
        return self.max_completion_tokens or self.max_tokens


class Job:
    """One request, ready to be submitted."""

    def __init__(self, language: Language, asked: ChatRequest, metrics: Metrics) -> None:
        if language.template is None:
            raise RefusedError(
                400, f"{language.name} has no chat template; use /v1/completions", param="model", code="no_template"
            )
        if asked.top_logprobs and not asked.logprobs:
            raise RefusedError(400, "'top_logprobs' needs 'logprobs': true", param="top_logprobs")
        if asked.max_tokens and asked.max_completion_tokens and asked.max_tokens != asked.max_completion_tokens:
            raise RefusedError(400, "'max_tokens' says otherwise", param="max_completion_tokens")
        self.language, self.asked, self.metrics = language, asked, metrics
        self.box = toolbox(
            asked.tools,
            asked.tool_choice,
            asked.parallel_tool_calls,
            template=language.template.source,
            control=bool(language.tags),
        )
        constraint = _constraint(asked, self.box, language)
        ids = self._prompt()
        limit = room(language, ids, asked.limit, param="messages")
        sampling = asked.sampling((asked.top_logprobs or -1) if asked.logprobs else 0, language.vocabulary.size)
        self.requests = [
            Request(ids, limit, _seeded(sampling, place), language.eos_ids, constraint and constraint.fork())
            for place in range(asked.n)
        ]
        self.id = "chatcmpl-" + secrets.token_hex(14)
        self.count = Count(prompt=len(ids), choices=asked.n)

    def begin(self) -> None:
        """Hand the sequences to the engine. Raises `RefusedError` when it will not have them."""
        self._tickets = submit(self.language, self.requests)

    async def whole(self) -> dict[str, Any]:
        """The answer when it is complete."""
        texts, words, finish = [""] * self.asked.n, [list[Word]() for _ in range(self.asked.n)], [""] * self.asked.n
        async for piece in self._pieces():
            texts[piece.index] += piece.text
            words[piece.index] += piece.words
            finish[piece.index] = piece.finish or ""
        choices = [self._choice(place, texts[place], words[place], finish[place]) for place in range(self.asked.n)]
        return {
            **self._frame("chat.completion"),
            "choices": choices,
            "usage": self.count.usage(),
            "x_engine": self.count.engine(),
        }

    async def chunks(self) -> AsyncIterator[dict[str, Any]]:
        """The answer while it is made."""
        for place in range(self.asked.n):
            yield self._chunk(place, {"role": "assistant", "content": ""})
        held = [""] * self.asked.n
        begun: set[int] = set()
        async for piece in self._pieces():
            if self.box.named is not None:
                delta = _arguments(piece, self.box.named.name, begun)
            elif self.box.active:
                delta = self._calling(piece, held)
            else:
                delta = {"content": piece.text} if piece.text else {}
            if delta or piece.words:
                yield self._chunk(piece.index, delta, words=piece.words)
            if piece.finish is not None:
                called = self.box.named is not None or bool(self._called(held[piece.index], piece.finish))
                yield self._chunk(piece.index, {}, finish=_finish(piece.finish, called))
        if self.asked.wants_usage:
            last = {"choices": [], "usage": self.count.usage(), "x_engine": self.count.engine()}
            yield {**self._frame("chat.completion.chunk"), **last}

    def _pieces(self) -> AsyncIterator[Piece]:
        stops = () if self.box.named else self.asked.stops
        until = partial(StopFilter, stops, self.box.opening, at_start=not self.box.tagged)
        return pieces(self.language, self._tickets, until, self.count, self.metrics)

    def _prompt(self) -> tuple[int, ...]:
        template = self.language.template
        assert template is not None
        messages = for_template(self.asked.messages)
        shown = self.box.shown() if self.box.active else None
        if shown and "tools" not in template.variables:
            listed = "\n".join(str(tool["function"]) for tool in shown)
            messages = [{"role": "system", "content": INSTRUCTION + listed}, *messages]
        return template.ids(messages, shown, self.asked.chat_template_kwargs)

    def _called(self, text: str, finish: str) -> list[dict[str, Any]]:
        """The calls of an answer that was not cut."""
        whole = finish == "stop" and self.box.active and self.box.named is None
        return self.box.calls(text)[1] if whole else []

    def _calling(self, piece: Piece, held: list[str]) -> dict[str, Any]:
        """Plain text goes out at once; calls go out whole, when the answer ends."""
        before = held[piece.index]
        held[piece.index] = text = before + piece.text
        shown, total = _plain_part(before, self.box), _plain_part(text, self.box)
        delta: dict[str, Any] = {}
        if piece.finish is not None:
            if made := self._called(text, piece.finish):
                delta["tool_calls"] = [{"index": place, **one} for place, one in enumerate(made)]
            else:
                total = text
        if len(total) > len(shown):
            delta["content"] = total[len(shown) :]
        return delta

    def _choice(self, index: int, text: str, words: list[Word], finish: str) -> dict[str, Any]:
        content: str | None = text
        calls: list[dict[str, Any]] = []
        if self.box.active and (finish == "stop" or self.box.named):
            content, calls = self.box.calls(text)
        message: dict[str, Any] = {"role": "assistant", "content": content or (None if calls else ""), "refusal": None}
        if calls:
            message["tool_calls"] = calls
        found = {"content": [_logprob(word) for word in words], "refusal": None} if self.asked.logprobs else None
        return {
            "index": index,
            "message": message,
            "logprobs": found,
            "finish_reason": _finish(finish, bool(calls)),
        }

    def _chunk(
        self, index: int, delta: dict[str, Any], *, words: tuple[Word, ...] = (), finish: str | None = None
    ) -> dict[str, Any]:
        found = {"content": [_logprob(word) for word in words], "refusal": None} if words else None
        choice = {"index": index, "delta": delta, "logprobs": found, "finish_reason": finish}
        frame = self._frame("chat.completion.chunk")
        return {**frame, "choices": [choice], **({"usage": None} if self.asked.wants_usage else {})}

    def _frame(self, kind: str) -> dict[str, Any]:
        return {
            "id": self.id,
            "object": kind,
            "created": int(time.time()),
            "model": self.language.name,
            "system_fingerprint": self.language.fingerprint,
        }


def _constraint(asked: ChatRequest, box: Toolbox, language: Language) -> Constraint | None:
    """The one constraint of a request. Raises `RefusedError` when it asks for two."""
    own = own_constraint(asked, language.vocabulary)
    form = asked.response_format
    wanted = form is not None and form.type != "text"
    if sum([own is not None, wanted, box.active and box.mode != "auto"]) > 1 or (box.active and own is not None):
        raise RefusedError(
            400,
            "an answer can follow one of 'response_format', 'tools', 'regex', 'lark' and 'choice'",
            param="response_format" if wanted else "tools",
        )
    if form is not None and form.json_schema is not None and form.type != "json_schema":
        raise RefusedError(400, f"a {form.type} has no 'json_schema'", param="response_format")
    if form is not None and wanted and box.mode == "auto":
        raise RefusedError(400, "'response_format' and 'tools' cannot both shape one answer", param="response_format")
    if box.named is not None:
        return constrain("json_schema", box.named.schema, language.vocabulary, param="tools")
    if box.active:
        grammar, jump = box.grammar()
        inside = [tool.function.parameters for tool in box.tools]
        return constrain("lark", grammar, language.vocabulary, param="tools", jump=jump, inside=inside)
    if form is None or not wanted:
        return own
    if form.type == "json_object":
        return constrain("json_object", "", language.vocabulary, param="response_format")
    if form.json_schema is None:
        raise RefusedError(400, "'json_schema' is missing in 'response_format'", param="response_format")
    return constrain("json_schema", form.json_schema.schema_, language.vocabulary, param="response_format")


def _seeded(sampling: Sampling, place: int) -> Sampling:
    """The same sampling with its own seed for each of several choices."""
    return sampling if sampling.seed is None or place == 0 else replace(sampling, seed=sampling.seed + place)


def _arguments(piece: Piece, name: str, begun: set[int]) -> dict[str, Any]:
    """The arguments of the demanded function, as they come."""
    if not piece.text:
        return {}
    if piece.index in begun:
        return {"tool_calls": [{"index": 0, "function": {"arguments": piece.text}}]}
    begun.add(piece.index)
    return {"tool_calls": [{"index": 0, **call(name, piece.text)}]}


def _plain_part(text: str, box: Toolbox) -> str:
    """The beginning of an answer that is certainly no call."""
    if not box.tagged:
        return "" if text.startswith("{") else text
    return text.split("<", maxsplit=1)[0]


def _finish(finish: str, called: bool) -> str:
    return "tool_calls" if called and finish == "stop" else finish


def _logprob(word: Word) -> dict[str, Any]:
    top = [{"token": t, "logprob": p, "bytes": list(data)} for t, data, p in word.top]
    return {"token": word.token, "logprob": word.logprob, "bytes": list(word.data), "top_logprobs": top}
