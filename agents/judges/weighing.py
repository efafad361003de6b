"""Scores from signals and findings. Monotone: a further finding never raises any score.

A criterion earns 1 to 5 by its signals and loses by its findings; the overall score (1..10) is the weighted mean of the
criteria, capped by the gravest finding and by every needed signal that is missing.
"""

from collections.abc import Sequence

from msgspec import Struct

from agents.judges.signals import Seen, depth, seen
from review.checks.facts import Facts
from review.manuscript import Kind
from review.report import Finding
from review.rubric import Rubric

REACH = {
    "novelty": 3.0,
    "significance": 3.0,
}  # points above 1 that form alone can earn: it does not show an idea is new
FULL_REACH = 4.0
TOP = 8.0  # highest overall score: the rest of the scale is for those who can judge the idea
PENALTY = {"critical": 2.0, "major": 1.0, "minor": 0.2, "note": 0.0}
MINOR_LIMIT = 1.0  # many small things never weigh more than one major one
CAPS = {"critical": 3.0, "major": 5.5, "minor": 10.0, "note": 10.0}
MISSING_CAP = 5.0  # overall, while something needed is missing
NEXT_CAP = 0.4  # points by which each further grave finding or gap lowers the cap
LEAST_CAP = 2.0
OUTSIDE = 1.0  # how much milder a reviewer caps for a finding outside its own criteria
FLOOR = 1.0


class Scores(Struct, frozen=True, kw_only=True):
    """What the evidence amounts to."""

    criteria: dict[str, float]  # 1..5
    seen: tuple[Seen, ...]
    depth: float

    @property
    def missing(self) -> tuple[Seen, ...]:
        """Needed signals that are not there."""
        return tuple(s for s in self.seen if s.signal.needed and s.missing)


def weigh(facts: Facts, kind: Kind, rubric: Rubric, findings: Sequence[Finding]) -> Scores:
    """Score every criterion of the rubric."""
    signals = seen(facts, kind)
    deep = depth(facts, kind)
    return Scores(
        criteria={
            key: max(
                FLOOR,
                1 + REACH.get(key, FULL_REACH) * _coverage(signals, key) * deep - _penalty(rubric, key, findings),
            )
            for key in rubric.keys
        },
        seen=signals,
        depth=deep,
    )


def overall(scores: Scores, rubric: Rubric, findings: Sequence[Finding], *, own: Sequence[str]) -> float:
    """One number, 1..10; criteria in `own` count double."""
    weights = {c.key: c.weight * (2 if c.key in own else 1) for c in rubric.criteria}
    mean = sum(scores.criteria[key] * weight for key, weight in weights.items()) / sum(weights.values())
    return round(max(FLOOR, min(1 + (mean - 1) * (TOP - 1) / 4, _cap(scores, rubric, findings, own))), 1)


def mean_with_lens(scores: Scores, rubric: Rubric, lens: str) -> float:
    """Weighted mean of the criteria (1..5), with the lens counted double."""
    weights = {c.key: c.weight * (2 if c.key == lens else 1) for c in rubric.criteria}
    return sum(scores.criteria[key] * weight for key, weight in weights.items()) / sum(weights.values())


def _coverage(signals: Sequence[Seen], criterion: str) -> float:
    own = [s for s in signals if s.signal.criterion == criterion]
    return sum(s.share * s.signal.weight for s in own) / sum(s.signal.weight for s in own)


def _penalty(rubric: Rubric, criterion: str, findings: Sequence[Finding]) -> float:
    own = [f for f in findings if rubric.criterion(f.criterion).key == criterion]
    grave = sum(PENALTY[f.severity] for f in own if f.severity in ("critical", "major"))
    small = sum(PENALTY[f.severity] for f in own if f.severity in ("minor", "note"))
    return grave + min(MINOR_LIMIT, small)


def _cap(scores: Scores, rubric: Rubric, findings: Sequence[Finding], own: Sequence[str]) -> float:
    limits = [
        CAPS[f.severity] + (0.0 if rubric.criterion(f.criterion).key in own else OUTSIDE)
        for f in findings
        if f.severity in ("critical", "major")
    ]
    limits += [MISSING_CAP] * len(scores.missing)
    return max(LEAST_CAP, min(limits, default=10.0) - NEXT_CAP * max(0, len(limits) - 1))
