"""How a reviewer's scores follow decisions and human scores, beside predictions that read nothing.

Two numbers say most: how much better than the character count the reviewer is, and its rank correlation with human
scores within the rejected papers alone, which all still have the form they were submitted in.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random

from msgspec import Struct

from review.evals.leaks import LEAKS
from review.evals.statistics import Estimate, auc, estimate, rank_correlation
from review.evals.trivial import SEVEN, Counts, combined

DRAWS = 500
REVIEWER, CHARACTERS, COMBINED = "reviewer", "characters", "seven counts combined"


class Decided(Struct, frozen=True, kw_only=True):
    """One paper: the decision and human score it got, the reviewer's score, and what its text betrays and counts.

    `before` and `after` are about the paper as it was read and as the reviewer saw it.
    """

    id: str
    accepted: bool
    human: float | None
    score: float
    leaks_before: frozenset[str]
    leaks_after: frozenset[str]
    counts_before: Counts
    counts_after: Counts


class Predictor(Struct, frozen=True, kw_only=True):
    """How one series of numbers follows the decisions and the human scores."""

    name: str
    auc: Estimate
    rho: Estimate  # with human scores, over all papers
    rho_rejected: Estimate  # within the rejected only


class LeakShare(Struct, frozen=True, kw_only=True):
    """How many papers of either decision show a kind of leak, as read and as reviewed."""

    kind: str
    accepted_before: float
    rejected_before: float
    accepted_after: float
    rejected_after: float


class CountLeak(Struct, frozen=True, kw_only=True):
    """How far a count alone tells the decision, on the papers as read and as reviewed."""

    name: str
    auc_before: Estimate
    auc_after: Estimate


class LeftOut(Struct, frozen=True, kw_only=True):
    """A paper that is not in the numbers, and why."""

    id: str
    reason: str


class DecisionsResult(Struct, frozen=True, kw_only=True):
    """The reviewer, its margin over the baselines, the baselines, and the audit of leaks."""

    judge: str
    papers: int
    accepted: int
    rejected: int
    scored_by_people: int
    seed: int
    draws: int
    predictors: tuple[Predictor, ...]  # the reviewer first
    margins: tuple[Predictor, ...]  # of the reviewer over characters, and over the combination where there is one
    leaks: tuple[LeakShare, ...]
    counts: tuple[CountLeak, ...]
    left_out: tuple[LeftOut, ...]


Sample = Sequence[int]


def measure(
    papers: Sequence[Decided], *, judge: str, left_out: Sequence[LeftOut] = (), seed: int = 1, draws: int = DRAWS
) -> DecisionsResult:
    """Every number with the interval of a bootstrap over papers. Raises ValueError unless both decisions occur."""
    accepted = [p.accepted for p in papers]
    if all(accepted) or not any(accepted):
        raise ValueError("accepted and rejected papers are both needed")
    series = {REVIEWER: [p.score for p in papers], **_counted(papers, [p.counts_after for p in papers])}
    raw = _counted(papers, [p.counts_before for p in papers])
    samples = _samples(len(papers), seed, draws)
    whole = range(len(papers))
    values = {name: _statistics(papers, row, whole) for name, row in series.items()}
    spread = {name: [_statistics(papers, row, s) for s in samples] for name, row in series.items()}
    before = {name: (_auc(papers, row, whole), [_auc(papers, row, s) for s in samples]) for name, row in raw.items()}
    predictors = tuple(_predictor(name, values[name], spread[name]) for name in series)
    return DecisionsResult(
        judge=judge,
        papers=len(papers),
        accepted=sum(accepted),
        rejected=len(papers) - sum(accepted),
        scored_by_people=sum(p.human is not None for p in papers),
        seed=seed,
        draws=draws,
        predictors=predictors,
        margins=tuple(_margin(name, values, spread) for name in (CHARACTERS, COMBINED) if name in series),
        leaks=tuple(_leak_share(papers, kind) for kind in LEAKS),
        counts=tuple(
            CountLeak(name=p.name, auc_before=estimate(*before[p.name]), auc_after=p.auc)
            for p in predictors
            if p.name in before
        ),
        left_out=tuple(left_out),
    )


def _counted(papers: Sequence[Decided], rows: Sequence[Counts]) -> dict[str, Sequence[float]]:
    """Every count of these papers, and the line through the seven where there are papers enough."""
    found: dict[str, Sequence[float]] = {name: [row.named()[name] for row in rows] for name in (CHARACTERS, *SEVEN)}
    if line := combined(rows, [p.accepted for p in papers]):
        found[COMBINED] = line
    return found


def _samples(papers: int, seed: int, draws: int) -> list[list[int]]:
    random = Random(seed)  # noqa: S311 - a bootstrap that anybody can draw again
    return [random.choices(range(papers), k=papers) for _ in range(draws)]


def _statistics(papers: Sequence[Decided], row: Sequence[float], sample: Sample) -> tuple[float, float, float]:
    return (
        _auc(papers, row, sample),
        _rho(papers, row, sample, lambda _: True),
        _rho(papers, row, sample, lambda paper: not paper.accepted),
    )


def _auc(papers: Sequence[Decided], row: Sequence[float], sample: Sample) -> float:
    return auc([row[i] for i in sample if papers[i].accepted], [row[i] for i in sample if not papers[i].accepted])


def _rho(papers: Sequence[Decided], row: Sequence[float], sample: Sample, wanted: Callable[[Decided], bool]) -> float:
    pairs = [(row[i], human) for i in sample if (human := papers[i].human) is not None and wanted(papers[i])]
    return rank_correlation([ours for ours, _ in pairs], [theirs for _, theirs in pairs])


def _predictor(name: str, value: tuple[float, float, float], draws: Sequence[tuple[float, float, float]]) -> Predictor:
    of_auc, of_rho, of_rejected = (estimate(value[k], [draw[k] for draw in draws]) for k in range(3))
    return Predictor(name=name, auc=of_auc, rho=of_rho, rho_rejected=of_rejected)


def _margin(
    name: str,
    values: Mapping[str, tuple[float, float, float]],
    draws: Mapping[str, Sequence[tuple[float, float, float]]],
) -> Predictor:
    """The reviewer less a baseline, both on the same draws."""
    return _predictor(
        f"reviewer less {name}",
        _less(values[REVIEWER], values[name]),
        [_less(ours, theirs) for ours, theirs in zip(draws[REVIEWER], draws[name], strict=True)],
    )


def _less(one: tuple[float, float, float], other: tuple[float, float, float]) -> tuple[float, float, float]:
    return one[0] - other[0], one[1] - other[1], one[2] - other[2]


def _leak_share(papers: Sequence[Decided], kind: str) -> LeakShare:
    accepted = [p for p in papers if p.accepted]
    rejected = [p for p in papers if not p.accepted]
    return LeakShare(
        kind=kind,
        accepted_before=_share(kind in p.leaks_before for p in accepted),
        rejected_before=_share(kind in p.leaks_before for p in rejected),
        accepted_after=_share(kind in p.leaks_after for p in accepted),
        rejected_after=_share(kind in p.leaks_after for p in rejected),
    )


def _share(hits: Iterator[bool]) -> float:
    found = list(hits)
    return round(sum(found) / len(found), 4) if found else 0.0


def table(result: DecisionsResult) -> str:
    """The result as lines for a terminal."""
    head = f"{'':<36}{'AUC':>7}{'':<15}{'rho':>7}{'':<15}{'rho within rejected':>7}"
    lines = [
        f"{result.papers} papers, {result.accepted} accepted and {result.rejected} rejected",
        f"{result.scored_by_people} with a human score; judge: {result.judge}",
        "",
        head,
    ]
    for p in (*result.predictors, *result.margins):
        lines.append(f"{p.name:<36}{p.auc!s:<22}{p.rho!s:<22}{p.rho_rejected!s:<22}".rstrip())
    lines += ["", f"{'share of papers that show it':<36}{'as read':<22}as reviewed"]
    lines += [f"{'':<36}{'accepted  rejected':<22}accepted  rejected"]
    for leak in result.leaks:
        before = f"{leak.accepted_before:>8.3f}{leak.rejected_before:>10.3f}"
        lines.append(f"{leak.kind:<36}{before:<22}{leak.accepted_after:>8.3f}{leak.rejected_after:>10.3f}")
    lines += ["", f"{'AUC of a count alone':<36}{'as read':<22}as reviewed"]
    lines += [f"{c.name:<36}{c.auc_before!s:<22}{c.auc_after}" for c in result.counts]
    lines += ["", _verdict(result), *(f"left out: {left.id}: {left.reason}" for left in result.left_out)]
    return "\n".join(lines)


def _verdict(result: DecisionsResult) -> str:
    """In words, whether counts still tell the decision of the papers as they were reviewed."""
    telling = [c.name for c in result.counts if _tells(c.auc_after)]
    if not telling:
        return "leak audit: no count tells the decision of the papers as they were reviewed (every interval holds 0.5)"
    return f"leak audit: after sanitising, the decision is still told by {', '.join(telling)}; read AUC as its margin"


def _tells(found: Estimate) -> bool:
    return found.low is not None and found.high is not None and not found.low <= 0.5 <= found.high
