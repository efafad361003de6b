"""The scheduler against arrivals, answers and cancellations in any order."""

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from inference.engine.pages import PagePool
from inference.engine.scheduler import Plan, Scheduler
from inference.engine.sequence import Sequence, Status

SIZE = 4


@dataclass
class Rig:
    """A scheduler whose model answers `run` tokens 7 at a time, and a record of what every page was written with."""

    pages: int = 12
    budget: int = 8
    running: int = 4
    patience: int = 16
    run: int = 1
    wanted: dict[int, int] = field(default_factory=dict)
    sequences: list[Sequence] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.pool = PagePool(self.pages, SIZE)
        self.scheduler = Scheduler(
            self.pool, max_batch_tokens=self.budget, max_sequences=self.running, patience=self.patience
        )
        self.computed_tokens = 0
        self.written: dict[int, tuple[int, ...]] = {}

    def submit(self, prompt: list[int], answer: int = 1) -> Sequence:
        sequence = Sequence(len(self.sequences), list(prompt))
        self.sequences.append(sequence)
        self.wanted[sequence.number] = answer
        self.scheduler.add(sequence)
        return sequence

    def step(self) -> Plan:
        plan = self.scheduler.plan()
        assert plan.tokens <= self.budget
        assert bool(plan.chunks) == bool(self.scheduler.running or self.scheduler.waiting)
        for chunk in plan.chunks:
            self._write(chunk.sequence, chunk.start, chunk.end)
        for chunk in plan.chunks:
            self._read_everything(chunk.sequence, chunk.end)
        self.scheduler.commit(plan)
        for chunk in plan.chunks:
            if chunk.last:
                missing = self.wanted[chunk.sequence.number] - chunk.sequence.generated
                chunk.sequence.tokens += [7] * min(missing, self.run)
                if missing <= self.run:
                    self.scheduler.remove(chunk.sequence)
        self.computed_tokens += plan.tokens
        held = {page for sequence in self.scheduler.running for page in sequence.pages}
        assert self.pool.held == len(held), "a page leaked"
        return plan

    def finish(self, limit: int = 5000) -> None:
        for _ in range(limit):
            if not (self.scheduler.running or self.scheduler.waiting):
                break
            self.step()
        assert all(sequence.status is Status.FINISHED for sequence in self.sequences), "somebody starved"
        assert self.pool.held == 0
        assert not self.scheduler._claims
        assert not self.scheduler._prompts

    def _write(self, sequence: Sequence, start: int, end: int) -> None:
        assert start == sequence.computed
        for index in range(start // SIZE, -(-end // SIZE)):
            self.written[sequence.pages[index]] = tuple(sequence.tokens[: min(end, (index + 1) * SIZE)])

    def _read_everything(self, sequence: Sequence, end: int) -> None:
        for index in range(-(-end // SIZE)):
            expected = tuple(sequence.tokens[: min(end, (index + 1) * SIZE)])
            assert self.written[sequence.pages[index]] == expected, "a sequence reads what another wrote"


PROMPT = st.one_of(
    st.lists(st.integers(0, 1), min_size=1, max_size=20),
    st.builds(lambda cut, own: [3] * cut + own, st.integers(1, 18), st.lists(st.integers(0, 1), max_size=4)),
)
EVENT = st.one_of(
    st.tuples(st.just("submit"), PROMPT, st.integers(1, 16)),
    st.tuples(st.just("cancel"), st.integers(0, 99), st.just(0)),
    st.tuples(st.just("steps"), st.integers(1, 4), st.just(0)),
)


@settings(max_examples=150, deadline=None)
@given(
    events=st.lists(EVENT, max_size=30),
    pages=st.integers(10, 24),
    budget=st.integers(4, 24),
    running=st.integers(1, 4),
    patience=st.integers(0, 3),
    run=st.integers(1, 6),
)
def test_every_request_ends_within_the_budget_and_no_page_leaks(events, pages, budget, running, patience, run):
    rig = Rig(pages, budget, running, patience, run)
    for kind, value, answer in events:
        if kind == "submit":
            rig.submit(value, answer)
        elif kind == "cancel" and rig.sequences:
            sequence = rig.sequences[value % len(rig.sequences)]
            if sequence.status is not Status.FINISHED:
                rig.scheduler.remove(sequence)
        elif kind == "steps":
            for _ in range(value):
                rig.step()
    for sequence in rig.sequences:
        if sequence.status is not Status.FINISHED:
            rig.wanted[sequence.number] = max(rig.wanted[sequence.number], sequence.generated + 1)
    rig.finish()


def test_a_panel_over_one_manuscript_computes_it_once():
    rig = Rig(pages=100, budget=32, running=8)
    manuscript = list(range(100, 160))
    panel = [rig.submit([*manuscript, role, role]) for role in range(6)]
    rig.finish()
    assert rig.computed_tokens == 62 + 5 * 2
    assert [sequence.cached for sequence in panel] == [0, 60, 60, 60, 60, 60]
    late = rig.submit([*manuscript, 50])
    rig.finish()
    assert late.cached == 60, "it stays findable after everybody left"


def test_answers_go_on_while_a_long_prompt_is_read():
    rig = Rig(pages=200, budget=8)
    quick = rig.submit([1, 2], answer=30)
    rig.step()
    rig.submit(list(range(300)), answer=1)
    for _ in range(20):
        before = quick.generated
        plan = rig.step()
        assert quick.generated == before + 1
        assert plan.tokens == 8


def test_kin_is_taken_in_first_but_nobody_is_passed_over_for_ever():
    rig = Rig(pages=100, budget=16, running=2, patience=3)
    manuscript = list(range(100, 140))
    rig.submit([*manuscript, 0], answer=100)
    rig.step()
    stranger = rig.submit([1, 2, 3, 4, 5], answer=1)
    kin = [rig.submit([*manuscript, 1 + role], answer=1) for role in range(10)]
    taken_in = []
    while stranger.status is not Status.FINISHED:
        rig.step()
        taken_in += [each for each in kin if each.status is not Status.WAITING and each not in taken_in]
    assert 1 <= len(taken_in) <= 3 + 1
    assert stranger.bypassed == 3


def test_the_oldest_gets_the_pages_of_later_ones_and_those_end_too():
    rig = Rig(pages=7, budget=24)
    sequences = [rig.submit([n, n], answer=20) for n in range(3)]
    rig.finish()
    assert rig.scheduler.preemptions > 0
    assert sequences[0].preemptions == 0


def test_a_leader_that_leaves_is_followed_by_the_next():
    rig = Rig(pages=100, budget=8)
    manuscript = list(range(100, 140))
    leader, follower = (rig.submit([*manuscript, role]) for role in range(2))
    rig.step()
    rig.scheduler.remove(leader)
    rig.finish()
    assert follower.cached == 8


def test_a_preempted_answer_is_not_in_the_plan_that_took_its_pages():
    rig = Rig(pages=7, budget=24)
    old, young = rig.submit([1, 1], answer=20), rig.submit([2, 2], answer=20)
    for _ in range(6):
        rig.step()
    old.tokens += [7] * 10
    plan = rig.step()
    assert [chunk.sequence for chunk in plan.chunks] == [old]
    assert young.status is Status.WAITING
    rig.finish()
