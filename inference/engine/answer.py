"""One answer as it grows: which tokens may follow, when it ends, and how."""

import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

import torch
from torch import Tensor

from inference.engine.request import Emitted, Finish, Request, Timings
from inference.engine.sampling import Row
from inference.engine.sequence import Sequence
from inference.engine.ticket import LiveTicket


@dataclass(frozen=True, slots=True)
class Advice:
    """What a constraint says about the next token: a mask, or the whole rest."""

    mask: Tensor | None = None
    closing: list[int] | None = None
    seconds: float = 0.0


@dataclass(eq=False, slots=True)
class Answer:
    """A sequence, what was asked, and who reads it. `script` are tokens known in advance whose log-probabilities are
    wanted, so that they go through the model one by one; `closed`: it ends with the script. `words` of 32 bits make a
    mask."""

    sequence: Sequence
    request: Request
    ticket: LiveTicket
    row: Row
    words: int
    arrived: float = field(default_factory=time.monotonic)
    started: float | None = None
    first: float | None = None
    script: deque[int] = field(default_factory=deque)
    closed: bool = False

    @property
    def left(self) -> int:
        """Tokens it may still have."""
        return self.request.max_tokens - self.sequence.generated

    @property
    def guided(self) -> bool:
        """Whether a constraint is to be asked about the next token."""
        return self.request.constraint is not None and not self.script

    def timings(self) -> Timings:
        """Waiting and first token, in milliseconds; of an answer that never came so far, until now."""
        now = time.monotonic()
        started, first = (now if moment is None else moment for moment in (self.started, self.first))
        return Timings((started - self.arrived) * 1000, (first - self.arrived) * 1000)

    def advise(self) -> Advice:
        """Ask the constraint, on a worker thread."""
        constraint, began = self.request.constraint, time.monotonic()
        assert constraint is not None
        closing = [] if constraint.done else constraint.closing(self.left)
        if closing is not None:
            return Advice(closing=closing, seconds=time.monotonic() - began)
        bits = torch.zeros(self.words, dtype=torch.int32)
        mask = bits if constraint.mask(bits) else None
        return Advice(mask=mask, seconds=time.monotonic() - began)

    def take(self, emitted: Emitted) -> tuple[list[Emitted], Finish | None]:
        """The sampled token: what to hand out, and whether that was the end."""
        finish = self._accept(emitted.token)
        tokens = [] if emitted.token in self.request.eos_ids else [emitted]
        if finish is None and self.request.constraint is not None and not self.request.sampling.logprobs:
            more, finish = self._append(self.request.constraint.forced())
            tokens += more
        return tokens, finish

    def close(self, closing: list[int]) -> tuple[list[Emitted], Finish | None]:
        """The answer ends with these tokens, at once or one by one."""
        if self.request.sampling.logprobs and closing:
            self.script.extend(closing)
            self.closed = True
            return [], None
        tokens, finish = self._append(closing)
        return tokens, finish or "stop"

    def _append(self, known: Iterable[int]) -> tuple[list[Emitted], Finish | None]:
        tokens: list[Emitted] = []
        for token in known:
            finish = self._accept(token)
            if token not in self.request.eos_ids:
                tokens.append(Emitted(token))
            if finish is not None:
                return tokens, finish
        return tokens, None

    def _accept(self, token: int) -> Finish | None:
        if token in self.request.eos_ids:
            return "stop"
        self.sequence.tokens.append(token)
        self.row.add(token)
        constraint = self.request.constraint
        if constraint is not None:
            constraint.accept(token)
            if constraint.done:
                return "stop"
        if self.closed and not self.script:
            return "stop"
        if self.left:
            return None
        return "stop" if constraint is not None and constraint.complete else "length"
