"""What the next forward computes: a plan, made of numbers alone.

Every forward takes at most `max_batch_tokens` tokens. Sequences that answer come first, one token (or one block) each;
what is left goes to prompts, the oldest first, in chunks. Sequences with an equal beginning compute it once: whoever
gets to a page first claims it, later arrivals wait at its edge and then hold the finished page.

Nobody starves: the oldest running sequence can take the pages of all others, so it always ends; a waiting one is passed
over at most `patience` times, by requests that share most of their prompt with one that runs.
"""

from bisect import insort
from collections import Counter
from dataclasses import dataclass, field
from operator import attrgetter

from inference.engine.pages import SCRATCH, PagePool
from inference.engine.sequence import Sequence, Status

PATIENCE = 16


@dataclass(frozen=True, slots=True)
class Chunk:
    """Tokens `start` to `end` of a sequence go through the forward. `last`: the next token is read off its last row."""

    sequence: Sequence
    start: int
    end: int
    last: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """One forward. Blocks of `block` tokens see each other; 1 is causal attention."""

    chunks: tuple[Chunk, ...]
    block: int = 1

    @property
    def tokens(self) -> int:
        """Length of the flat token axis."""
        return sum(chunk.end - chunk.start for chunk in self.chunks)


@dataclass
class _Draft:
    left: int
    chunks: dict[int, Chunk] = field(default_factory=dict)
    preempted: bool = False


class Scheduler:
    """Waiting and running sequences over one page pool. All calls come from one thread."""

    def __init__(
        self, pool: PagePool, *, max_batch_tokens: int, max_sequences: int, block: int = 1, patience: int = PATIENCE
    ) -> None:
        if max_sequences < 1 or max_batch_tokens < max_sequences * block:
            raise ValueError("max_batch_tokens must have room for one block of each of max_sequences")
        if pool.page_size % block:
            raise ValueError("a page must hold whole blocks")
        self.pool = pool
        self.max_batch_tokens = max_batch_tokens
        self.max_sequences = max_sequences
        self.block = block
        self.patience = patience
        self.waiting: list[Sequence] = []
        self.running: list[Sequence] = []
        self.preemptions = 0
        self._claims: dict[int, Sequence] = {}
        self._prompts: Counter[int] = Counter()

    @property
    def limit(self) -> int:
        """Most tokens one sequence can ever have."""
        return self.pool.total * self.pool.page_size

    def add(self, sequence: Sequence) -> None:
        """Let a new sequence wait for its turn. It must never grow beyond `limit`."""
        sequence.extend_keys(self.pool)
        insort(self.waiting, sequence, key=attrgetter("number"))

    def remove(self, sequence: Sequence) -> None:
        """A sequence has ended, in whatever state: its pages are free from now on."""
        if sequence.status is Status.RUNNING:
            self._leave(sequence)
        elif sequence.status is Status.WAITING:
            self.waiting.remove(sequence)
        sequence.move(Status.FINISHED)

    def plan(self) -> Plan:
        """What to compute next. Empty only if nothing waits or runs."""
        draft = _Draft(self.max_batch_tokens)
        answering = [sequence for sequence in self.running if sequence.pending <= self.block]
        reading = [sequence for sequence in self.running if sequence.pending > self.block]
        for sequence in (*answering, *reading):
            if sequence.status is Status.RUNNING and draft.left:
                self._schedule(sequence, draft)
        if not draft.preempted:
            self._admit(draft)
        return Plan(tuple(draft.chunks.values()), self.block)

    def commit(self, plan: Plan) -> None:
        """The forward of `plan` is done: what it filled can be shared."""
        for chunk in plan.chunks:
            sequence = chunk.sequence
            sequence.computed = chunk.end
            sequence.reached = max(sequence.reached, chunk.end)
            sequence.forwards += 1
            self._publish(sequence)

    def _schedule(self, sequence: Sequence, draft: _Draft) -> None:
        sequence.extend_keys(self.pool)
        self._adopt(sequence)
        if self._awaits_another(sequence):
            return
        end = min(len(sequence.tokens), sequence.computed + draft.left)
        if end < len(sequence.tokens):
            end -= end % self.block
        if end <= sequence.computed or not self._give_pages(sequence, end, draft):
            return
        for key in sequence.keys[sequence.computed // self.pool.page_size : -(-end // self.pool.page_size)]:
            if self._claims.get(key, sequence).number >= sequence.number:
                self._claims[key] = sequence
        last = end == len(sequence.tokens)
        draft.chunks[sequence.number] = Chunk(sequence, sequence.computed, end, last)
        draft.left -= end - sequence.computed

    def _adopt(self, sequence: Sequence) -> None:
        """Go past the pages that others have computed already."""
        size = self.pool.page_size
        while sequence.computed % size == 0 and sequence.computed // size < sequence.shareable(size):
            page = self._next_published(sequence, sequence.computed // size)
            if page is None:
                return
            self.pool.hold(page)
            sequence.pages.append(page)
            if sequence.reached <= sequence.computed < sequence.prompt:
                sequence.cached += size
            sequence.computed += size
            sequence.reached = max(sequence.reached, sequence.computed)
            sequence.published += 1

    def _next_published(self, sequence: Sequence, index: int) -> int | None:
        if sequence.published < index:
            return None
        size = self.pool.page_size
        tokens = tuple(sequence.tokens[index * size : (index + 1) * size])
        parent = sequence.pages[index - 1] if index else SCRATCH
        return self.pool.find(sequence.keys[index], tokens, parent, sequence.salt)

    def _awaits_another(self, sequence: Sequence) -> bool:
        """Only ever an earlier arrival, so that no two wait for each other or for each other's pages."""
        index, inside = divmod(sequence.computed, self.pool.page_size)
        if inside or index >= sequence.shareable(self.pool.page_size):
            return False
        return self._claims.get(sequence.keys[index], sequence).number < sequence.number

    def _give_pages(self, sequence: Sequence, end: int, draft: _Draft) -> bool:
        """Pages up to `end`, taken from later arrivals if there are no others."""
        missing = -(-end // self.pool.page_size) - len(sequence.pages)
        while (pages := self.pool.take(missing)) is None:
            youngest = self.running[-1]
            if youngest is sequence:
                return False
            self._preempt(youngest, draft)
        sequence.pages += pages
        return True

    def _preempt(self, sequence: Sequence, draft: _Draft) -> None:
        chunk = draft.chunks.pop(sequence.number, None)
        if chunk is not None:
            draft.left += chunk.end - chunk.start
        draft.preempted = True
        self.preemptions += 1
        sequence.preemptions += 1
        self._leave(sequence)
        sequence.move(Status.WAITING)
        insort(self.waiting, sequence, key=attrgetter("number"))

    def _leave(self, sequence: Sequence) -> None:
        self.running.remove(sequence)
        self.pool.release(sequence.pages)
        for key in sequence.keys[: sequence.prompt // self.pool.page_size]:
            self._prompts[key] -= 1
            if not self._prompts[key]:
                del self._prompts[key]
        for key in sequence.keys[sequence.published :]:
            self._drop_claim(key, sequence)
        sequence.pages = []
        sequence.computed = sequence.published = 0

    def _drop_claim(self, key: int, sequence: Sequence) -> None:
        if self._claims.get(key) is sequence:
            del self._claims[key]

    def _publish(self, sequence: Sequence) -> None:
        size = self.pool.page_size
        for index in range(sequence.published, sequence.computed // size):
            key = sequence.keys[index]
            self._drop_claim(key, sequence)
            if sequence.published < index:
                continue
            tokens = tuple(sequence.tokens[index * size : (index + 1) * size])
            parent = sequence.pages[index - 1] if index else SCRATCH
            page = self.pool.publish(sequence.pages[index], key, tokens, parent, sequence.salt)
            if page is not None:
                sequence.pages[index] = page
                sequence.published += 1

    def _admit(self, draft: _Draft) -> None:
        while self.waiting and draft.left and len(self.running) < self.max_sequences:
            head = self.waiting[0]
            sequence = next((each for each in self._candidates() if not self.running or self._fits(each)), None)
            if sequence is None:
                return
            head.bypassed += sequence is not head
            self.waiting.remove(sequence)
            sequence.move(Status.RUNNING)
            insort(self.running, sequence, key=attrgetter("number"))
            self._prompts.update(sequence.keys[: sequence.prompt // self.pool.page_size])
            self._schedule(sequence, draft)

    def _candidates(self) -> list[Sequence]:
        head = self.waiting[0]
        if head.bypassed >= self.patience:
            return [head]
        kin = next((sequence for sequence in self.waiting if self._shares_most(sequence)), head)
        return [kin, head]

    def _shares_most(self, sequence: Sequence) -> bool:
        """Whether a running sequence has the first half of this prompt too."""
        pages = sequence.prompt // self.pool.page_size
        return pages > 0 and sequence.keys[pages // 2] in self._prompts

    def _fits(self, sequence: Sequence) -> bool:
        """Whether the pool has room for all that the running ones and this one are known to need."""
        size = self.pool.page_size
        room = self.pool.available
        needed = sum(-(-len(each.tokens) // size) - len(each.pages) for each in self.running)
        needed += len(sequence.tokens) // size + 1
        if needed <= room:
            return True
        shared: set[int] = set()
        needed = 0
        for each in (*self.running, sequence):
            keys = each.keys[len(each.pages) :]
            needed += max(len(each.tokens) // size + 1 - len(each.pages) - len(keys), 0)
            shared.update(key for key in keys if not self.pool.free_to_share(key))
        return needed + len(shared) <= room
