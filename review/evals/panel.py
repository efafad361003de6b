"""How a panel's scores agree and differ, on an OpenReview-style export of reviews.

The file is one JSON object with `reviews`; each review has a paper (`forum`), a reviewer (the last part of its first
signature) and a score (`content.<field>`, bare or under `value`). A reviewer that wrote for at least half of the
papers is a member of the panel; accounts whose names start as all members' names do belong to the panel too. Everyone
else is taken together as the others, such as the human reviewers.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from statistics import fmean, pstdev
from typing import Any

import msgspec
from msgspec import Struct

from review.evals.statistics import Rate, rank_correlation, rate

WIDE = 3  # points between the highest and the lowest score


class Scored(Struct, frozen=True, kw_only=True):
    """One review's score."""

    paper: str
    reviewer: str
    score: float


class Member(Struct, frozen=True, kw_only=True):
    """One member of the panel over the papers that all members reviewed."""

    reviewer: str
    papers: int
    mean: float
    deviation: float
    scores: dict[str, int]  # how often each score was given


class Correlation(Struct, frozen=True, kw_only=True):
    """Spearman's rank correlation of two series, with its two-sided p value."""

    one: str
    other: str
    rho: float
    p: float
    n: int


class PanelResult(Struct, frozen=True, kw_only=True):
    """Agreement within the panel, its dispersion, and the panel's mean against the other reviewers."""

    reviews: int
    papers: int  # reviewed by every member and by no other account of the panel
    members: tuple[Member, ...]
    pairs: tuple[Correlation, ...]
    all_equal: Rate
    wide: Rate
    against_others: tuple[Correlation, ...]  # of the panel's mean and of each member; empty without other reviews


def read_reviews(raw: bytes, field: str = "overall") -> tuple[Scored, ...]:
    """Scores of an export. Reviews without a number in `field` are left out; an export without any is refused.

    Raises ValueError when the file is no such export.
    """
    try:
        decoded = msgspec.json.decode(raw)
    except msgspec.DecodeError as error:
        raise ValueError(f"not JSON: {error}") from error
    listed = decoded.get("reviews") if isinstance(decoded, dict) else decoded
    if not isinstance(listed, list):
        raise ValueError("there is no list of reviews in it")
    found = tuple(scored for item in listed if isinstance(item, dict) and (scored := _scored(item, field)))
    if not found:
        raise ValueError(f"no review has a number in {field!r}")
    return found


def _scored(review: Mapping[str, Any], field: str) -> Scored | None:
    content = review.get("content")
    value = content.get(field) if isinstance(content, dict) else None
    value = value.get("value") if isinstance(value, dict) else value
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    signature = (review.get("signatures") or ["?"])[0]
    return Scored(
        paper=str(review.get("forum", "")),
        reviewer=str(signature).rsplit("/", 1)[-1].removeprefix("Reviewer_"),
        score=float(value),
    )


def measure(scores: Sequence[Scored]) -> PanelResult:
    """Agreement and dispersion. Raises ValueError when fewer than two reviewers wrote for half of the papers.

    Papers for which another account of the panel wrote too had another panel: they count in the comparison with the
    other reviewers, not in the agreement of the members.
    """
    papers = {s.paper for s in scores}
    written = Counter(reviewer for reviewer, _ in {(s.reviewer, s.paper) for s in scores})
    members = sorted(reviewer for reviewer, count in written.items() if 2 * count >= len(papers))
    if len(members) < 2:
        raise ValueError("no two reviewers wrote for half of the papers")
    prefix = _shared_start(members)
    panel = [s for s in scores if s.reviewer in members or (prefix and s.reviewer.startswith(prefix))]
    inside = {s.reviewer for s in panel}
    given = {m: {s.paper: s.score for s in panel if s.reviewer == m} for m in members}
    more = {s.paper for s in panel if s.reviewer not in members}
    shared = sorted(set.intersection(*(set(by_paper) for by_paper in given.values())) - more)
    series = {m: [given[m][p] for p in shared] for m in members}
    spans = [max(column) - min(column) for column in zip(*series.values(), strict=True)]
    return PanelResult(
        reviews=len(scores),
        papers=len(shared),
        members=tuple(_member(m, series[m]) for m in members),
        pairs=tuple(_correlation(a, b, series[a], series[b]) for a, b in combinations(members, 2)),
        all_equal=rate(sum(s == 0 for s in spans), len(spans)),
        wide=rate(sum(s >= WIDE for s in spans), len(spans)),
        against_others=tuple(_against_others(panel, [s for s in scores if s.reviewer not in inside], given)),
    )


def _against_others(
    panel: Sequence[Scored], outside: Sequence[Scored], given: Mapping[str, Mapping[str, float]]
) -> Iterator[Correlation]:
    ours, theirs = _means(panel), _means(outside)
    for name, row in {"mean of the panel": ours, **given}.items():
        both = sorted(row.keys() & theirs.keys())
        if len(both) >= 3:
            yield _correlation(name, "others", [row[p] for p in both], [theirs[p] for p in both])


def _means(scores: Sequence[Scored]) -> dict[str, float]:
    by_paper: dict[str, list[float]] = {}
    for s in scores:
        by_paper.setdefault(s.paper, []).append(s.score)
    return {paper: fmean(found) for paper, found in by_paper.items()}


def _shared_start(names: Sequence[str]) -> str:
    first, last = min(names), max(names)
    return next((first[:i] for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), first)


def _member(reviewer: str, scores: Sequence[float]) -> Member:
    counts = Counter(f"{s:g}" for s in scores)
    return Member(
        reviewer=reviewer,
        papers=len(scores),
        mean=round(fmean(scores), 3),
        deviation=round(pstdev(scores), 3),
        scores=dict(sorted(counts.items())),
    )


def _correlation(one: str, other: str, a: Sequence[float], b: Sequence[float]) -> Correlation:
    rho = rank_correlation(a, b)
    return Correlation(one=one, other=other, rho=round(rho, 3), p=float(f"{_p_value(rho, len(a)):.2g}"), n=len(a))


def _p_value(rho: float, n: int) -> float:
    """Two-sided p of a rank correlation by Student's t with n - 2 degrees of freedom."""
    from scipy.stats import t

    if n < 3 or abs(rho) >= 1:
        return 0.0 if n >= 3 else 1.0
    return float(2 * t.sf(abs(rho) * ((n - 2) / (1 - rho * rho)) ** 0.5, n - 2))


def table(result: PanelResult) -> str:
    """The result as lines for a terminal."""
    lines = [f"{result.reviews} reviews; {result.papers} papers with the panel of {len(result.members)} members", ""]
    lines += [f"{'member':<24}{'mean':>8}{'deviation':>12}   scores given"]
    for m in result.members:
        counts = " ".join(f"{score}:{n}" for score, n in m.scores.items())
        lines.append(f"{m.reviewer:<24}{m.mean:>8.2f}{m.deviation:>12.2f}   {counts}")
    lines += ["", f"{'rank correlation':<44}{'rho':>6}{'p':>10}{'n':>6}"]
    for c in (*result.pairs, *result.against_others):
        lines.append(f"{c.one + ' and ' + c.other:<44}{c.rho:>6.2f}{c.p:>10.2g}{c.n:>6}")
    lines += ["", f"{'all scores equal':<28}{result.all_equal}", f"{f'range of {WIDE} or more':<28}{result.wide}"]
    return "\n".join(lines)
