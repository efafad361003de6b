"""An answer on its way from the engine's thread to the event loop that asked for it."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from inference.engine.request import Emitted, Finish, Timings

NEVER = Timings(0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Ending:
    """How an answer ended, and what it took."""

    finish: Finish
    cached_tokens: int = 0
    forwards: int = 0
    timings: Timings = NEVER


class LiveTicket:
    """See `inference.engine.request.Ticket`. Belongs to the loop it was made on, except for `deliver`'s caller."""

    def __init__(self, prompt_tokens: int, cancel: Callable[["LiveTicket"], None]) -> None:
        self.loop = asyncio.get_running_loop()
        self.prompt_tokens = prompt_tokens
        self.cached_tokens = 0
        self.forwards = 0
        self.finish: Finish | None = None
        self.timings = NEVER
        self._cancel = cancel
        self._ready: deque[Emitted] = deque()
        self._news = asyncio.Event()

    async def __aiter__(self) -> AsyncIterator[Emitted]:
        while True:
            while self._ready:
                yield self._ready.popleft()
            if self.finish is not None:
                return
            self._news.clear()
            await self._news.wait()

    def cancel(self) -> None:
        """Nobody waits for the rest."""
        if self.finish is None:
            self._cancel(self)

    def deliver(self, tokens: list[Emitted], ending: Ending | None) -> None:
        """New tokens, and the end if this is it. Runs on the loop."""
        self._ready.extend(tokens)
        if ending is not None and self.finish is None:
            self.finish = ending.finish
            self.cached_tokens = ending.cached_tokens
            self.forwards = ending.forwards
            self.timings = ending.timings
        self._news.set()
