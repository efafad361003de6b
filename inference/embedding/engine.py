"""Requests in, vectors out: a bounded, fair queue in front of one computing thread.

The event loop only moves requests; the thread computes, so that health checks are answered while it is busy. Waiting
requests take turns, so that one of a thousand texts does not hold up one of a single text.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from inference.embedding.base import Embedded, Embedder

TEXTS_AT_ONCE = 32
WAITING_TEXTS = 4096
TEXTS_PER_SECOND = 40.0  # a careful guess for the hint to come back later, until batches were timed


class QueueFullError(Exception):
    """More is waiting than we are willing to promise. `retry_after` is in seconds."""

    def __init__(self, waiting: int, pace: float) -> None:
        super().__init__(f"{waiting} texts are waiting already")
        self.retry_after = max(1, round(waiting / pace))


class _Job:
    def __init__(self, texts: list[str], done: "asyncio.Future[list[Embedded]]") -> None:
        self.left = deque(texts)
        self.size = len(texts)
        self.found: list[Embedded] = []
        self.done = done


class EmbeddingEngine:
    """One model behind a queue. `start` and `stop` belong to the event loop that calls `embed`."""

    def __init__(
        self,
        model: Embedder,
        *,
        waiting_texts: int = WAITING_TEXTS,
        on_batch: Callable[[int], None] = lambda _size: None,
    ) -> None:
        self.model = model
        self._limit = waiting_texts
        self._on_batch = on_batch
        self._pace = TEXTS_PER_SECOND
        self._jobs: deque[_Job] = deque()
        self._wake = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, "embedding")
        self._loop: asyncio.Task[None] | None = None

    @property
    def alive(self) -> bool:
        """Whether requests are being worked on."""
        return self._loop is not None and not self._loop.done()

    @property
    def waiting(self) -> int:
        """Texts not computed yet."""
        return sum(len(job.left) for job in self._jobs)

    async def start(self) -> None:
        """Begin to work."""
        self._loop = asyncio.create_task(self._run(), name="embedding")

    async def stop(self) -> None:
        """Stop after the batch in hand; whoever waits is cancelled."""
        if self._loop is not None:
            self._loop.cancel()
            await asyncio.gather(self._loop, return_exceptions=True)
        for job in self._jobs:
            job.done.cancel()
        await asyncio.to_thread(self._thread.shutdown)

    async def embed(self, texts: list[str]) -> list[Embedded]:
        """The vectors of `texts`, in order. Raises `QueueFullError` at once rather than wait without end."""
        if self.waiting and self.waiting + len(texts) > self._limit:
            raise QueueFullError(self.waiting, self._pace)
        job = _Job(texts, asyncio.get_running_loop().create_future())
        self._jobs.append(job)
        self._wake.set()
        try:
            return await job.done
        finally:
            if job in self._jobs:  # the caller has gone away
                self._jobs.remove(job)

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._wake.wait()
            self._wake.clear()
            while batch := self._next_batch():
                texts = [text for _, texts in batch for text in texts]
                self._on_batch(len(texts))
                began = loop.time()
                try:
                    found = await loop.run_in_executor(self._thread, self.model.encode, texts)
                except Exception as error:  # noqa: BLE001 - the edge of the computation: becomes the callers' failure
                    _fail(batch, error)
                else:
                    _hand_out(batch, found)
                    self._pace += 0.3 * (len(texts) / max(loop.time() - began, 1e-3) - self._pace)
                self._drop_finished()

    def _next_batch(self) -> list[tuple[_Job, list[str]]]:
        """Up to `TEXTS_AT_ONCE` texts, shared out evenly among the waiting requests."""
        room = TEXTS_AT_ONCE
        batch: list[tuple[_Job, list[str]]] = []
        for others in range(len(self._jobs), 0, -1):
            job = self._jobs[0]
            share = min(-(-room // others), len(job.left))
            if share:
                batch.append((job, [job.left.popleft() for _ in range(share)]))
                room -= share
            self._jobs.rotate(-1)
            if room == 0:
                break
        return batch

    def _drop_finished(self) -> None:
        self._jobs = deque(job for job in self._jobs if not job.done.done())


def _hand_out(batch: list[tuple[_Job, list[str]]], found: list[Embedded]) -> None:
    at = 0
    for job, texts in batch:
        job.found += found[at : at + len(texts)]
        at += len(texts)
        if len(job.found) == job.size and not job.done.done():
            job.done.set_result(job.found)


def _fail(batch: list[tuple[_Job, list[str]]], error: Exception) -> None:
    for job, _ in batch:
        if not job.done.done():
            job.done.set_exception(error)
