"""Scores from signals and findings. Monotone: a further finding never raises any score, a further grave one lowers it.

A criterion earns 1 to 5 by its signals, and each finding takes a share of what it earned, so that there is room below
however bad a work is already. The overall score (1..10) is the weighted mean of the criteria under a ceiling that the
gravest finding sets and every further grave one, or needed signal that is missing, lowers.
"""

import math
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
KEPT_PER_POINT = 0.75  # share of what a criterion earned that one point of penalty leaves
PENALTY = {"critical": 2.0, "major": 1.0, "minor": 0.2, "note": 0.0}
MINOR_LIMIT = 1.0  # many small things never weigh more than one major one
CEILINGS = {"critical": 3.0, "major": 5.5}
MISSING_CEILING = {"critical": 3.0, "major": 5.0}  # while something needed is missing, by how grave that is
KEPT_PER_GRAVE = 0.85  # share of the room under the ceiling that each further grave finding or gap leaves
SHARPNESS = 4  # how closely the overall score follows the lower one of mean and ceiling
OUTSIDE = 1.0  # how much milder a reviewer's ceiling is for a finding outside its own criteria
DIGITS = 2  # of an overall score: one would hide a difference between two poor works


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
            key: 1
            + REACH.get(key, FULL_REACH)
            * _coverage(signals, key)
            * deep
            * KEPT_PER_POINT ** _penalty(rubric, key, findings)
            for key in rubric.keys
        },
        seen=signals,
        depth=deep,
    )


def overall(scores: Scores, rubric: Rubric, findings: Sequence[Finding], *, own: Sequence[str]) -> float:
    """One number, 1..10; criteria in `own` count double. Better criteria and fewer grave findings each raise it."""
    weights = {c.key: c.weight * (2 if c.key in own else 1) for c in rubric.criteria}
    mean = sum(scores.criteria[key] * weight for key, weight in weights.items()) / sum(weights.values())
    earned, room = (mean - 1) * (TOP - 1) / 4, _ceiling(scores, rubric, findings, own) - 1
    return round(1 + _lower(earned, room), DIGITS)


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


def _ceiling(scores: Scores, rubric: Rubric, findings: Sequence[Finding], own: Sequence[str]) -> float:
    """The highest overall score that the grave findings and gaps leave; infinite without any."""
    limits = [
        CEILINGS[f.severity] + (0.0 if rubric.criterion(f.criterion).key in own else OUTSIDE)
        for f in findings
        if f.severity in CEILINGS
    ]
    limits += [MISSING_CEILING[s.signal.gap] for s in scores.missing]
    return 1 + (min(limits) - 1) * KEPT_PER_GRAVE ** (len(limits) - 1) if limits else math.inf


def _lower(one: float, other: float) -> float:
    """A smooth minimum of two positive numbers: never above either, and growing with both."""
    if min(one, other) <= 0:
        return 0.0
    return float((one**-SHARPNESS + other**-SHARPNESS) ** (-1 / SHARPNESS))
