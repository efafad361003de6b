"""How much a reviewer's score moves when it reads the same paper again."""

from collections.abc import Sequence
from math import sqrt
from statistics import fmean, stdev

from msgspec import Struct


class Repeated(Struct, frozen=True, kw_only=True):
    """One paper's scores over repeats, in order."""

    file: str
    scores: tuple[float, ...]
    outcomes: tuple[str, ...]  # recommendations, in the same order


class PaperSpread(Struct, frozen=True, kw_only=True):
    """Mean and sample standard deviation of one paper's scores; `outcomes` counts what was recommended."""

    file: str
    mean: float
    deviation: float
    low: float
    high: float
    outcomes: dict[str, int]


class StabilityResult(Struct, frozen=True, kw_only=True):
    """Spread within papers, and beside it the spread between them, which it must be small against."""

    judge: str
    papers: int
    repeats: int
    within: float  # root mean square of the papers' standard deviations
    widest: float  # largest standard deviation of a paper
    between: float | None  # standard deviation of the papers' means; None for a single paper
    same_outcome: int  # papers whose recommendation never changed
    deterministic: bool  # no score moved at all
    by_paper: tuple[PaperSpread, ...]


def measure(papers: Sequence[Repeated], *, judge: str) -> StabilityResult:
    """Spread of the scores. Raises ValueError when a paper has fewer than two."""
    if not papers or any(len(p.scores) < 2 for p in papers):
        raise ValueError("every paper needs two scores or more")
    spreads = tuple(_spread(p) for p in papers)
    means = [fmean(p.scores) for p in papers]
    return StabilityResult(
        judge=judge,
        papers=len(papers),
        repeats=min(len(p.scores) for p in papers),
        within=round(sqrt(fmean(stdev(p.scores) ** 2 for p in papers)), 4),
        widest=max(s.deviation for s in spreads),
        between=round(stdev(means), 4) if len(means) > 1 else None,
        same_outcome=sum(len(s.outcomes) == 1 for s in spreads),
        deterministic=all(len(set(p.scores)) == 1 for p in papers),
        by_paper=spreads,
    )


def _spread(paper: Repeated) -> PaperSpread:
    return PaperSpread(
        file=paper.file,
        mean=round(fmean(paper.scores), 4),
        deviation=round(stdev(paper.scores), 4),
        low=min(paper.scores),
        high=max(paper.scores),
        outcomes={outcome: paper.outcomes.count(outcome) for outcome in sorted(set(paper.outcomes))},
    )


def table(result: StabilityResult) -> str:
    """The result as lines for a terminal."""
    lines = [
        f"{result.papers} papers, each reviewed {result.repeats} times; judge: {result.judge}",
        "",
        f"{'paper':<44}{'mean':>7}{'sd':>8}{'lowest':>9}{'highest':>9}  recommended",
    ]
    for p in result.by_paper:
        outcomes = " ".join(f"{name}:{count}" for name, count in p.outcomes.items())
        lines.append(f"{p.file:<44}{p.mean:>7.2f}{p.deviation:>8.3f}{p.low:>9.2f}{p.high:>9.2f}  {outcomes}")
    between = "-" if result.between is None else f"{result.between:.3f}"
    lines += [
        "",
        f"{'sd within a paper':<44}{result.within:.3f}",
        f"{'widest sd of a paper':<44}{result.widest:.3f}",
        f"{'sd between papers':<44}{between}",
        f"{'papers with one recommendation throughout':<44}{result.same_outcome} of {result.papers}",
    ]
    if result.deterministic:
        lines.append("No score moved: this judge gives the same answer to the same paper.")
    return "\n".join(lines)
