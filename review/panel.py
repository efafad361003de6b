"""Several reports as one outcome: what the panel agrees on, where it splits, and what a chair would say first.

Scores are medians, and a split is reported beside them: an average that hides two camps is not an outcome.
"""

from statistics import median

from msgspec import Struct

from review.report import SEVERITIES, Finding, Report, Specialist
from review.rubric import Rubric

WIDE_CRITERION_GAP = 1.5  # points of 1..5 between two reviewers that a chair should mention
CHAIR_POINTS = 5


class Disagreement(Struct, frozen=True, kw_only=True):
    """Two reviewers who see one thing differently."""

    about: str  # criterion key, or "overall"
    lowest: float
    highest: float
    low_role: str
    high_role: str


class PanelOutcome(Struct, frozen=True, kw_only=True):
    """The panel in one look. `spread` is the gap between the highest and the lowest overall score (1..10)."""

    overall: float
    spread: float
    criteria: dict[str, float]  # median score by criterion
    disagreements: tuple[Disagreement, ...]
    points: tuple[str, ...]  # the chair's summary: what matters first
    findings: tuple[Finding, ...]  # all weaknesses, gravest first


def panel_outcome(reports: tuple[Report, ...], *, max_spread: float) -> PanelOutcome | None:
    """Put the reports of one round together; no report is no outcome."""
    if not reports:
        return None
    overall = {r.role: r.overall for r in reports}
    by_criterion: dict[str, dict[str, float]] = {}
    for report in reports:
        for score in report.scores:
            by_criterion.setdefault(score.criterion, {})[report.role] = score.score
    splits = [_split(key, scores) for key, scores in by_criterion.items()]
    wide = [s for s in splits if s.highest - s.lowest >= WIDE_CRITERION_GAP]
    whole = _split("overall", overall)
    if whole.highest - whole.lowest > max_spread:
        wide.insert(0, whole)
    findings = by_severity(tuple(f for r in reports for f in r.weaknesses))
    return PanelOutcome(
        overall=median(overall.values()),
        spread=whole.highest - whole.lowest,
        criteria={key: median(scores.values()) for key, scores in by_criterion.items()},
        disagreements=tuple(wide),
        points=_points(reports, findings, tuple(wide)),
        findings=findings,
    )


def assigned(rubric: Rubric, specialists: tuple[Specialist, ...]) -> dict[str, tuple[str, ...]]:
    """Who tells which criteria's check findings: the first specialist who names a criterion, so none is told twice.

    A criterion nobody names goes to the first specialist.
    """
    teller = {key: next((s.role for s in specialists if key in s.criteria), specialists[0].role) for key in rubric.keys}
    return {s.role: tuple(key for key, role in teller.items() if role == s.role) for s in specialists}


def by_severity(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Gravest first; findings of one severity keep their order."""
    return tuple(sorted(findings, key=lambda f: SEVERITIES.index(f.severity)))


def _split(about: str, scores: dict[str, float]) -> Disagreement:
    low = min(scores, key=lambda role: scores[role])
    high = max(scores, key=lambda role: scores[role])
    return Disagreement(about=about, lowest=scores[low], highest=scores[high], low_role=low, high_role=high)


def _points(
    reports: tuple[Report, ...], findings: tuple[Finding, ...], splits: tuple[Disagreement, ...]
) -> tuple[str, ...]:
    grave = [f for f in findings if f.severity in ("critical", "major")]
    points = [f"{f.severity.capitalize()}: {f.claim}" for f in grave[:CHAIR_POINTS]]
    if len(grave) > CHAIR_POINTS:
        points.append(f"{len(grave) - CHAIR_POINTS} more major findings stand in the reports.")
    if not grave:
        points.append(f"None of {len(reports)} reviewers reports a critical or major weakness.")
    points += [
        f"On {s.about} the reviewers differ: '{s.low_role}' gives {s.lowest:g}, '{s.high_role}' {s.highest:g}."
        for s in splits
    ]
    return tuple(points)
