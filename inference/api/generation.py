"""From tickets to pieces of text: what chat and plain completions, streamed or not, have in common."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from inference.api.errors import RefusedError
from inference.api.language import Language
from inference.api.metrics import Metrics
from inference.api.texts import Detokenizer, StopFilter
from inference.engine.request import Emitted, QueueFull, Request, Ticket, TooLong


@dataclass(frozen=True)
class Word:
    """One token with its log-probability, as the answer shows it. `offset`: characters of the answer before it."""

    offset: int
    token: str
    data: bytes
    logprob: float
    top: tuple[tuple[str, bytes, float], ...]


@dataclass(frozen=True)
class Piece:
    """A part of one choice. `finish` is set on its last."""

    index: int
    text: str
    words: tuple[Word, ...] = ()
    finish: str | None = None


@dataclass
class Count:
    """Tokens of a whole request, and the engine's own numbers about it. `choices` are the answers to each prompt."""

    prompt: int = 0
    choices: int = 1
    cached: int = 0
    generated: int = 0
    forwards: int = 0
    queue_ms: float = 0.0
    ttft_ms: float = 0.0

    def usage(self) -> dict[str, Any]:
        """As OpenAI's clients read it."""
        return {
            "prompt_tokens": self.prompt,
            "completion_tokens": self.generated,
            "total_tokens": self.prompt + self.generated,
            "prompt_tokens_details": {"cached_tokens": self.cached},
        }

    def engine(self) -> dict[str, Any]:
        """Our extension: where the time went. `tpf` is tokens per forward."""
        per_forward = round(self.generated / self.forwards, 2) if self.forwards else 0.0
        return {
            "queue_ms": round(self.queue_ms, 1),
            "ttft_ms": round(self.ttft_ms, 1),
            "forwards": self.forwards,
            "tpf": per_forward,
        }


def room(language: Language, prompt: Sequence[int], asked: int | None, *, param: str) -> int:
    """How many tokens the answer may have. Raises `RefusedError` when the context is too short, or when the tokenizer
    knows a token that the model does not."""
    if max(prompt, default=0) >= language.vocabulary.size:
        raise RefusedError(400, f"token {max(prompt)} of the prompt is none of this model's", param=param)
    left = language.context - len(prompt)
    if left < 1 or (asked or 0) > left:
        raise RefusedError(
            400,
            f"this model's context is {language.context} tokens; {len(prompt)} of the prompt and {asked or 1} "
            "of the answer do not fit",
            param=param,
            code="context_length_exceeded",
        )
    return asked or left


def submit(language: Language, requests: Sequence[Request]) -> list[Ticket]:
    """Tickets for all requests, or none and a refusal."""
    tickets: list[Ticket] = []
    most = language.engine.max_waiting
    if len(requests) > most:
        raise RefusedError(400, f"{len(requests)} answers are asked for at once, {most} is the most", param="prompt")
    try:
        for request in requests:
            tickets.append(language.engine.submit(request))
    except (QueueFull, TooLong) as error:
        for ticket in tickets:
            ticket.cancel()
        if isinstance(error, TooLong):
            raise RefusedError(400, str(error), param="max_tokens", code="context_length_exceeded") from error
        raise RefusedError(429, str(error), code="queue_full", retry_after=int(error.retry_after)) from error
    return tickets


async def pieces(
    language: Language, tickets: Sequence[Ticket], until: Callable[[], StopFilter], count: Count, metrics: Metrics
) -> AsyncIterator[Piece]:
    """The pieces of all choices as they come. Whoever stops iterating cancels what is left."""
    came: asyncio.Queue[Piece | BaseException | None] = asyncio.Queue()

    async def forward(index: int, ticket: Ticket) -> None:
        try:
            async for piece in _one(language, index, ticket, until(), count, metrics):
                came.put_nowait(piece)
            came.put_nowait(None)
        except Exception as error:  # noqa: BLE001 - handed to whoever reads the pieces
            came.put_nowait(error)

    tasks = [asyncio.create_task(forward(index, ticket)) for index, ticket in enumerate(tickets)]
    try:
        open_ = len(tasks)
        while open_:
            piece = await came.get()
            if isinstance(piece, BaseException):
                raise piece
            if piece is None:
                open_ -= 1
            else:
                yield piece
    finally:
        for task, ticket in zip(tasks, tickets, strict=True):
            task.cancel()
            ticket.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        _count(count, tickets, metrics)


async def _one(
    language: Language, index: int, ticket: Ticket, until: StopFilter, count: Count, metrics: Metrics
) -> AsyncIterator[Piece]:
    characters = Detokenizer(language.vocabulary.tokenizer, language.tags)
    waiting: list[Word] = []  # tokens of which nothing is shown yet
    said = out = 0  # characters, of which some may be held back
    before = 0.0
    async for emitted in ticket:
        now = time.perf_counter()
        if before:
            metrics.between_tokens.observe(now - before)
        before = now
        count.generated += 1
        metrics.generated_tokens.inc()
        if emitted.logprob is not None:
            waiting.append(_word(characters, emitted, said))
        text = characters.add(emitted.token)
        shown = until.add(text)
        said, out = said + len(text), out + len(shown)
        if until.stopped:
            ticket.cancel()
            async for _late in ticket:  # soon over; only then the engine has said what it took
                pass
            break
        if shown:
            yield Piece(index, shown, tuple(word for word in waiting if word.offset < out))
            waiting = [word for word in waiting if word.offset >= out]
        shown = ""
    else:
        if ticket.finish in ("error", None):
            raise RefusedError(500, "the computation of an answer failed; the service's log says why")
        if ticket.finish == "cancelled":
            raise RefusedError(503, "the service is stopping")
        metrics.finished.labels(str(ticket.finish)).inc()
        yield Piece(index, until.rest(), tuple(waiting), finish=str(ticket.finish))
        return
    metrics.finished.labels("stop").inc()
    yield Piece(index, shown, tuple(word for word in waiting if word.offset < out), finish="stop")


def _word(characters: Detokenizer, emitted: Emitted, offset: int) -> Word:
    top = tuple((characters.name_of(t), characters.bytes_of(t), p) for t, p in emitted.top)
    assert emitted.logprob is not None
    return Word(offset, characters.name_of(emitted.token), characters.bytes_of(emitted.token), emitted.logprob, top)


def _count(count: Count, tickets: Sequence[Ticket], metrics: Metrics) -> None:
    """Fill in what is known when all tickets have ended: choices of one prompt count it once, as OpenAI does."""
    first = tickets[0]
    count.prompt = count.prompt or first.prompt_tokens
    count.cached = sum(ticket.cached_tokens for ticket in tickets[:: count.choices])
    count.forwards = sum(ticket.forwards for ticket in tickets)
    count.queue_ms, count.ttft_ms = first.timings.queue_ms, first.timings.ttft_ms
    metrics.prompt_tokens.inc(sum(ticket.prompt_tokens for ticket in tickets))
    metrics.cached_tokens.inc(sum(ticket.cached_tokens for ticket in tickets))
    for ticket in (each for each in tickets if each.finish is not None):  # of one given up nothing is known yet
        metrics.first_token.observe(ticket.timings.ttft_ms / 1000)
        metrics.queued.observe(ticket.timings.queue_ms / 1000)
