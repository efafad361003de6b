"""Where a score stands among the past scores of the same judge: a number alone says little about a strict judge.

Scores are compared only with those made by the same judge, model, prompt and rubric.
"""

from collections.abc import Sequence

from msgspec import Struct

LEAST = 20  # past scores from which a percentile is told


class PastScores(Struct, frozen=True, kw_only=True):
    """What one past report gave: overall (1..10), and by criterion (1..5)."""

    overall: float
    criteria: dict[str, float]


class Standing(Struct, frozen=True, kw_only=True):
    """Percentiles (0..100) of a report's scores. `overall` is None, and `note` says why, with too few to compare."""

    compared: int
    overall: float | None
    criteria: dict[str, float]
    note: str = ""


def standing(overall: float, criteria: dict[str, float], past: Sequence[PastScores]) -> Standing:
    """Percentiles of these scores among past ones; equal scores count half."""
    if len(past) < LEAST:
        note = f"Too few past scores of this judge to compare with: {len(past)} of {LEAST} needed."
        return Standing(compared=len(past), overall=None, criteria={}, note=note)
    by_criterion = {key: [p.criteria[key] for p in past if key in p.criteria] for key in criteria}
    return Standing(
        compared=len(past),
        overall=percentile(overall, [p.overall for p in past]),
        criteria={key: percentile(score, by_criterion[key]) for key, score in criteria.items() if by_criterion[key]},
    )


def percentile(score: float, past: Sequence[float]) -> float:
    """Share of past scores below this one, in percent, equal ones counted half."""
    below, equal = sum(p < score for p in past), sum(p == score for p in past)
    return round(100 * (below + equal / 2) / len(past), 1)
