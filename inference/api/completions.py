"""/v1/completions: plain texts continued."""

import secrets
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

from inference.api.errors import RefusedError
from inference.api.generation import Count, Word, pieces, room, submit
from inference.api.language import Language
from inference.api.metrics import Metrics
from inference.api.requests import CompletionRequest, own_constraint
from inference.api.texts import StopFilter
from inference.engine.request import Request

DEFAULT_TOKENS = 16  # OpenAI's, for this route


class Job:
    """One request, ready to be submitted."""

    def __init__(self, language: Language, asked: CompletionRequest, metrics: Metrics) -> None:
        self.language, self.asked, self.metrics = language, asked, metrics
        constraint = own_constraint(asked, language.vocabulary)
        sampling = asked.sampling(0 if asked.logprobs is None else asked.logprobs or -1, language.vocabulary.size)
        self.requests = []
        prompts = _prompts(asked, language)
        for ids in prompts:
            limit = room(language, ids, asked.max_tokens or DEFAULT_TOKENS, param="prompt")
            for place in range(asked.n):
                own = sampling if sampling.seed is None else replace(sampling, seed=sampling.seed + place)
                self.requests.append(Request(ids, limit, own, language.eos_ids, constraint and constraint.fork()))
        self.id = "cmpl-" + secrets.token_hex(14)
        self.count = Count(prompt=sum(map(len, prompts)), choices=asked.n)

    def begin(self) -> None:
        """Hand the sequences to the engine. Raises `RefusedError` when it will not have them."""
        self._tickets = submit(self.language, self.requests)

    async def whole(self) -> dict[str, Any]:
        """The answer when it is complete."""
        size = len(self.requests)
        texts, words, finish = [""] * size, [list[Word]() for _ in range(size)], [""] * size
        async for piece in pieces(self.language, self._tickets, self._until, self.count, self.metrics):
            texts[piece.index] += piece.text
            words[piece.index] += piece.words
            finish[piece.index] = piece.finish or ""
        choices = [self._choice(i, texts[i], words[i], finish[i]) for i in range(size)]
        return {**self._frame(), "choices": choices, "usage": self.count.usage(), "x_engine": self.count.engine()}

    async def chunks(self) -> AsyncIterator[dict[str, Any]]:
        """The answer while it is made."""
        async for piece in pieces(self.language, self._tickets, self._until, self.count, self.metrics):
            yield {**self._frame(), "choices": [self._choice(piece.index, piece.text, list(piece.words), piece.finish)]}
        if self.asked.wants_usage:
            yield {**self._frame(), "choices": [], "usage": self.count.usage(), "x_engine": self.count.engine()}

    def _until(self) -> StopFilter:
        return StopFilter(self.asked.stops)

    def _choice(self, index: int, text: str, words: list[Word], finish: str | None) -> dict[str, Any]:
        found = None if self.asked.logprobs is None else _logprobs(words)
        return {"index": index, "text": text, "logprobs": found, "finish_reason": finish}

    def _frame(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "object": "text_completion",
            "created": int(time.time()),
            "model": self.language.name,
            "system_fingerprint": self.language.fingerprint,
        }


def _prompts(asked: CompletionRequest, language: Language) -> list[tuple[int, ...]]:
    given = asked.prompt
    many: Sequence[Any] = given if isinstance(given, list) and not all(isinstance(t, int) for t in given) else [given]
    prompts = [_encoded(one, language) for one in many]
    for ids in prompts:
        if not ids or max(ids) >= language.vocabulary.size or min(ids) < 0:
            raise RefusedError(400, "a prompt is empty or holds what is no token of this model", param="prompt")
    return prompts


def _encoded(given: Any, language: Language) -> tuple[int, ...]:
    """Tokens as they are; a text with the beginning that the checkpoint's tokenizer gives it."""
    if isinstance(given, str):
        return (*language.begin, *language.tokenizer.encode(given, add_special_tokens=False).ids)
    if not isinstance(given, list) or not all(isinstance(token, int) for token in given):
        raise RefusedError(400, "'prompt' mixes texts and tokens", param="prompt")
    return tuple(given)


def _logprobs(words: list[Word]) -> dict[str, Any]:
    return {
        "tokens": [word.token for word in words],
        "token_logprobs": [word.logprob for word in words],
        "top_logprobs": [{token: logprob for token, _, logprob in word.top} for word in words],
        "text_offset": [word.offset for word in words],
    }
