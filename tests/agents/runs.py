"""Running the graph in tests: requests, a progress log, and a judge that counts how often it is asked."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence

from agents.judges import Judge, Material, Order
from agents.judges.evidence import EvidenceJudge
from agents.port import Predecessor, Progress, ReviewRequest
from agents.run import GraphReviewer
from review.layout import Layout
from review.manuscript import Kind, Manuscript
from review.policy import Voter, load_policy
from review.report import Adjudication, Ballot, PairwiseOpinion, Panel, RelatedWork, Report, ResponseLetter, Round


def request(
    manuscript: Manuscript,
    kind: Kind = "paper",
    *,
    run_id: str = "run-1",
    previous: Predecessor | None = None,
    response: ResponseLetter | None = None,
    layout: Layout | None = None,
    deadline_seconds: float = 60.0,
) -> ReviewRequest:
    """A review request on the standard track."""
    return ReviewRequest(
        run_id=run_id,
        kind=kind,
        manuscript=manuscript,
        layout=layout or Layout(),
        policy=load_policy("standard"),
        previous=previous,
        response=response,
        round_number=2 if previous else 1,
        deadline_seconds=deadline_seconds,
    )


async def no_related(_: Manuscript) -> Sequence[RelatedWork]:
    """Nothing is near."""
    return ()


class ProgressLog:
    """Keeps every step that was reported; `seen` is set when a message holds the sign."""

    def __init__(self, sign: str = "100%") -> None:
        self.steps: list[Progress] = []
        self.seen = asyncio.Event()
        self._sign = sign

    async def __call__(self, progress: Progress) -> None:
        self.steps.append(progress)
        if self._sign in progress.message:
            self.seen.set()

    @property
    def percents(self) -> list[int]:
        """Percent of each step, in order."""
        return [p.percent for p in self.steps]


async def review(reviewer: GraphReviewer, req: ReviewRequest, log: ProgressLog | None = None) -> Round:
    """Run to the end."""
    return await reviewer.review(req, on_progress=log or ProgressLog(), find_related=no_related)


def review_once(judge: Judge, req: ReviewRequest) -> Round:
    """Run to the end with nothing remembered, from a test that is not async."""
    return asyncio.run(review(GraphReviewer(judge), req))


class CountingJudge:
    """The judge without a model, counting who finished; `before` may interfere before an answer."""

    name = EvidenceJudge.name
    model = EvidenceJudge.model

    def __init__(self, before: Callable[[str], object] = lambda _: None) -> None:
        self._judge = EvidenceJudge()
        self._before = before
        self.finished: Counter[str] = Counter()

    async def _interfere(self, who: str) -> None:
        result = self._before(who)
        if asyncio.iscoroutine(result):
            await result

    async def chair(self, material: Material) -> Panel:
        await self._interfere("chair")
        panel = await self._judge.chair(material)
        self.finished["chair"] += 1
        return panel

    async def review(self, role: str, material: Material) -> Report:
        await self._interfere(f"review:{role}")
        report = await self._judge.review(role, material)
        self.finished[f"review:{role}"] += 1
        return report

    async def consolidate(self, material: Material) -> Report | None:
        await self._interfere("meta")
        report = await self._judge.consolidate(material)
        self.finished["meta"] += 1
        return report

    async def compare(self, material: Material, *, order: Order, letter: bool) -> PairwiseOpinion:
        await self._interfere(f"compare:{order}:{letter}")
        opinion = await self._judge.compare(material, order=order, letter=letter)
        self.finished[f"compare:{order}:{letter}"] += 1
        return opinion

    async def vote(self, voter: Voter, material: Material) -> Ballot:
        await self._interfere(f"vote:{voter.name}")
        ballot = await self._judge.vote(voter, material)
        self.finished[f"vote:{voter.name}"] += 1
        return ballot

    async def adjudicate(self, material: Material, cause: str) -> Adjudication:
        await self._interfere("adjudicate")
        found = await self._judge.adjudicate(material, cause)
        self.finished["adjudicate"] += 1
        return found
