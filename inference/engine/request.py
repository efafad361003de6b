"""What is asked of the engine and what comes back. Token ids only: texts and stop strings are the API's business."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from inference.constrain.base import Constraint

Finish = Literal["stop", "length", "cancelled", "error"]


class QueueFull(Exception):
    """More is waiting than we are willing to promise. `retry_after` is in seconds."""

    def __init__(self, waiting: int, retry_after: int) -> None:
        super().__init__(f"{waiting} requests are waiting already")
        self.retry_after = retry_after


class TooLong(Exception):
    """The request does not fit; `limit` is the longest sequence in tokens, prompt and answer together."""

    def __init__(self, asked: int, limit: int) -> None:
        super().__init__(f"{asked} tokens were asked for, {limit} fit")
        self.limit = limit


@dataclass(frozen=True)
class Sampling:
    """How the next token is chosen. The defaults change nothing."""

    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int = 0
    min_p: float = 0.0
    repetition_penalty: float = 1.0
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    logit_bias: Mapping[int, float] = field(default_factory=dict)
    seed: int | None = None
    logprobs: int = 0
    """0: none; k > 0: of the chosen token and the k most likely; -1: of the chosen one only."""


@dataclass
class Request:
    """One sequence to continue. `salt` keeps tenants of the prefix cache apart."""

    ids: tuple[int, ...]
    max_tokens: int
    sampling: Sampling
    eos_ids: frozenset[int]
    constraint: Constraint | None = None
    salt: str = ""


@dataclass(frozen=True)
class Emitted:
    """One token of an answer. The token that ends a sequence is not emitted."""

    token: int
    logprob: float | None = None
    top: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True)
class Timings:
    """Milliseconds spent waiting, and until the first token."""

    queue_ms: float
    ttft_ms: float


class Ticket(Protocol):
    """An answer while it is made: iterate over it, then read how it ended."""

    finish: Finish | None
    cached_tokens: int
    prompt_tokens: int
    forwards: int

    @property
    def timings(self) -> Timings: ...

    def __aiter__(self) -> AsyncIterator[Emitted]: ...

    def cancel(self) -> None:
        """Nobody waits for the rest; what is held for it is given back."""
