"""The thread that owns the model: requests in from any event loop, tokens out as soon as they are sampled.

One turn of the thread: take what came in, plan, start the masks of constrained answers on a worker, forward, sample,
hand out. Nothing else touches the model, the pages or the sequences, so nothing here needs a lock but the door.
"""

import logging
import queue
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from inference.engine.answer import Advice, Answer
from inference.engine.pages import PagePool
from inference.engine.request import Emitted, Finish, QueueFull, Request, TooLong
from inference.engine.runner import Model, Runner
from inference.engine.sampling import Row, sample
from inference.engine.scheduler import Plan, Scheduler
from inference.engine.sequence import Sequence, Status
from inference.engine.ticket import Ending, LiveTicket

log = logging.getLogger(__name__)

ADVISERS = 2  # threads that compute masks; the matcher lets go of the interpreter while it works
LONGEST_HINT_S = 60


@dataclass(frozen=True)
class EngineStats:
    """What the engine has done since its start, and what it holds now."""

    alive: bool
    waiting: int
    running: int
    pages_held: int
    pages_reusable: int
    pages_total: int
    evictions: int
    preemptions: int
    prompt_tokens: int
    cached_tokens: int
    generated_tokens: int
    forwards: int
    forward_tokens: int
    mask_seconds: float
    mask_wait_seconds: float
    finished: Mapping[Finish, int]


@dataclass
class _Totals:
    prompt_tokens: int = 0
    cached_tokens: int = 0
    generated_tokens: int = 0
    forwards: int = 0
    forward_tokens: int = 0
    mask_seconds: float = 0.0
    mask_wait_seconds: float = 0.0
    seconds_per_answer: float = 1.0


_Letter = tuple[str, LiveTicket | None, Request | None]


class Engine:
    """One model, many answers at once. `submit` from any event loop; `start` and `stop` once."""

    def __init__(
        self,
        model: Model,
        *,
        pages: int,
        page_size: int = 32,
        max_batch_tokens: int,
        max_sequences: int,
        max_waiting: int,
    ) -> None:
        self.pages = PagePool(pages, page_size)
        self.scheduler = Scheduler(
            self.pages, max_batch_tokens=max_batch_tokens, max_sequences=max_sequences, block=model.spec.block
        )
        self.runner = Runner(model, pages=pages, page_size=page_size, max_sequences=max_sequences)
        self.limit = min(model.spec.context, self.scheduler.limit)
        self.failure: Exception | None = None
        self._vocabulary = model.spec.vocabulary
        self._words = -(-model.spec.vocabulary // 32)
        self.max_waiting = max_waiting
        self._inbox: queue.SimpleQueue[_Letter] = queue.SimpleQueue()
        self._door = threading.Lock()
        self._open = False
        self._not_started = 0
        self._arrivals = 0
        self._answers: dict[int, Answer] = {}
        self._by_ticket: dict[LiveTicket, Answer] = {}
        self._outbox: list[tuple[LiveTicket, list[Emitted], Ending | None]] = []
        self._totals = _Totals()
        self._finished: Counter[Finish] = Counter()
        self._advisers = ThreadPoolExecutor(ADVISERS, "constraint")
        self._thread = threading.Thread(target=self._main, name="engine", daemon=True)

    @property
    def alive(self) -> bool:
        """Whether requests are being worked on."""
        return self._open and self._thread.is_alive()

    def start(self) -> None:
        """Begin to work."""
        self._open = True
        self._thread.start()

    def stop(self) -> None:
        """Stop after the forward in hand; what is unfinished ends as cancelled. Blocks until the thread has ended."""
        if self._thread.is_alive():
            self._inbox.put(("stop", None, None))
            self._thread.join()
        self._advisers.shutdown()

    def submit(self, request: Request) -> LiveTicket:
        """Ask for an answer; call it on the event loop that will read it.

        Raises `QueueFull`, `TooLong`, and `ValueError` for tokens that the model does not have. If the engine has died
        the ticket has ended already, as an error.
        """
        self._check(request)
        ticket = LiveTicket(len(request.ids), self._ask_to_cancel)
        with self._door:
            if not self.alive:
                ticket.deliver([], Ending("error"))
                return ticket
            if self._not_started >= self.max_waiting:
                raise QueueFull(self._not_started, self._hint())
            self._not_started += 1
            self._inbox.put(("submit", ticket, request))
        return ticket

    def stats(self) -> EngineStats:
        """A look from outside; the numbers may be of neighbouring steps."""
        totals = self._totals
        return EngineStats(
            alive=self.alive,
            waiting=self._not_started,
            running=len(self.scheduler.running),
            pages_held=self.pages.held,
            pages_reusable=self.pages.reusable,
            pages_total=self.pages.total,
            evictions=self.pages.evictions,
            preemptions=self.scheduler.preemptions,
            prompt_tokens=totals.prompt_tokens,
            cached_tokens=totals.cached_tokens,
            generated_tokens=totals.generated_tokens,
            forwards=totals.forwards,
            forward_tokens=totals.forward_tokens,
            mask_seconds=totals.mask_seconds,
            mask_wait_seconds=totals.mask_wait_seconds,
            finished=dict(self._finished),
        )

    def _check(self, request: Request) -> None:
        if not request.ids or request.max_tokens < 1:
            raise ValueError("a request needs a first token and room for an answer")
        asked = len(request.ids) + request.max_tokens
        if asked > self.limit:
            raise TooLong(asked, self.limit)
        known = (*request.ids, *request.sampling.logit_bias)
        if min(known) < 0 or max(known) >= self._vocabulary:
            raise ValueError(f"a token lies outside the vocabulary of {self._vocabulary}")

    def _hint(self) -> int:
        """Seconds after which a place should be free."""
        rounds = self._not_started / self.scheduler.max_sequences
        return max(1, min(LONGEST_HINT_S, round(rounds * self._totals.seconds_per_answer)))

    def _ask_to_cancel(self, ticket: LiveTicket) -> None:
        self._inbox.put(("cancel", ticket, None))

    def _main(self) -> None:
        finish: Finish = "error"
        try:
            self._serve()
            finish = "cancelled"
        except Exception as error:  # the edge of the thread: every ticket learns of it, `alive` tells the rest
            log.exception("the engine has died")
            self.failure = error
        finally:
            self._close(finish)

    def _serve(self) -> None:
        while True:
            idle = not (self.scheduler.running or self.scheduler.waiting)
            while idle or not self._inbox.empty():
                kind, ticket, request = self._inbox.get()
                idle = False
                if kind == "stop":
                    return
                if ticket is not None:
                    self._receive(ticket, request)
            self._flush()
            if self.scheduler.running or self.scheduler.waiting:
                self._step()
                self._flush()

    def _receive(self, ticket: LiveTicket, request: Request | None) -> None:
        if request is None:
            answer = self._by_ticket.get(ticket)
            if answer is not None:
                self._end(answer, "cancelled")
            return
        sequence = Sequence(self._arrivals, list(request.ids), request.salt)
        self._arrivals += 1
        seed = request.sampling.seed if request.sampling.seed is not None else secrets.randbits(64)
        answer = Answer(sequence, request, ticket, Row.begin(request.sampling, seed, request.ids), self._words)
        self._answers[sequence.number] = self._by_ticket[ticket] = answer
        self._totals.prompt_tokens += sequence.prompt
        self.scheduler.add(sequence)

    def _step(self) -> None:
        plan = self.scheduler.plan()
        self._note_started(plan)
        last = [self._answers[chunk.sequence.number] for chunk in plan.chunks if chunk.last]
        advice = {answer: self._advisers.submit(answer.advise) for answer in last if answer.guided}
        logits = self.runner.forward(plan)
        self.scheduler.commit(plan)
        self._totals.forwards += 1
        self._totals.forward_tokens += plan.tokens
        heeded = {answer: self._heed(answer, future) for answer, future in advice.items()}
        kept = [index for index, answer in enumerate(last) if answer.sequence.status is not Status.FINISHED]
        if len(kept) < len(last):
            logits, last = logits[kept], [last[index] for index in kept]
        if not last:
            return
        masks = [advised.mask if (advised := heeded.get(answer)) else None for answer in last]
        for answer in last:
            answer.row.fixed = answer.script.popleft() if answer.script else None
        for answer, emitted in zip(last, sample(logits, [answer.row for answer in last], masks), strict=True):
            self._grow(answer, partial(answer.take, emitted))

    def _note_started(self, plan: Plan) -> None:
        now = time.monotonic()
        for chunk in plan.chunks:
            answer = self._answers[chunk.sequence.number]
            if answer.started is None:
                answer.started = now
                self._one_started()

    def _one_started(self) -> None:
        with self._door:
            self._not_started -= 1

    def _heed(self, answer: Answer, future: "Future[Advice]") -> Advice:
        """Wait for the mask. If the answer must close now it is written to its end without asking the model."""
        waited = time.monotonic()
        try:
            advice = future.result()
        except Exception:  # the edge of somebody's grammar: ends this answer, not the engine
            log.exception("a constraint failed")
            self._end(answer, "error")
            return Advice()
        self._totals.mask_wait_seconds += time.monotonic() - waited
        self._totals.mask_seconds += advice.seconds
        if advice.closing is not None:
            self._grow(answer, partial(answer.close, advice.closing))
        return advice

    def _grow(self, answer: Answer, grow: Callable[[], tuple[list[Emitted], Finish | None]]) -> None:
        try:
            tokens, finish = grow()
        except Exception:  # the edge of somebody's grammar again
            log.exception("a constraint failed")
            self._end(answer, "error")
            return
        self._totals.generated_tokens += len(tokens)
        if tokens and answer.first is None:
            answer.first = time.monotonic()
        if finish is not None:
            self._end(answer, finish, tokens)
        elif tokens:
            self._outbox.append((answer.ticket, tokens, None))

    def _end(self, answer: Answer, finish: Finish, tokens: list[Emitted] | None = None) -> None:
        sequence = answer.sequence
        self.scheduler.remove(sequence)
        self.runner.forget(sequence)
        del self._answers[sequence.number], self._by_ticket[answer.ticket]
        if answer.started is None:
            self._one_started()
        else:
            spent = time.monotonic() - answer.started
            self._totals.seconds_per_answer += 0.1 * (spent - self._totals.seconds_per_answer)
        self._totals.cached_tokens += sequence.cached
        self._finished[finish] += 1
        ending = Ending(finish, sequence.cached, sequence.forwards, answer.timings())
        self._outbox.append((answer.ticket, tokens or [], ending))

    def _flush(self) -> None:
        """Hand the step's tokens to their loops, one call for each loop."""
        letters, self._outbox = self._outbox, []
        for loop in {ticket.loop for ticket, _, _ in letters}:
            theirs = [letter for letter in letters if letter[0].loop is loop]
            try:
                loop.call_soon_threadsafe(_deliver, theirs)
            except RuntimeError:  # the loop is closed: nobody reads any more
                for ticket, _, _ in theirs:
                    self._receive(ticket, None)

    def _close(self, finish: Finish) -> None:
        with self._door:
            self._open = False
            self._not_started = 0
            while not self._inbox.empty():
                kind, ticket, _ = self._inbox.get()
                if kind == "submit" and ticket is not None:
                    self._outbox.append((ticket, [], Ending(finish)))
        for answer in list(self._answers.values()):
            self._outbox.append((answer.ticket, [], Ending(finish)))
        self._answers.clear()
        self._by_ticket.clear()
        self._flush()


def _deliver(letters: list[tuple[LiveTicket, list[Emitted], Ending | None]]) -> None:
    for ticket, tokens, ending in letters:
        ticket.deliver(tokens, ending)
