"""The chair's report on the reports: what a panel agrees on, where it splits, and what to change first.

Nothing is averaged away: every score stands beside the median, and a disagreement keeps both sides with their passages.
"""

import re
from itertools import combinations
from statistics import median

from review.panel import Disagreement, PanelOutcome, by_severity, panel_outcome
from review.quotes import normalise
from review.report import CHAIR, CriterionScore, Finding, Report, Side, Split

CHANGES = 3  # that a chair puts first
CLOSE_OVERALL = 1.5  # points of 1..10 within which reviewers agree
CLOSE_CRITERION = 1.0  # points of 1..5
WIDE_OVERALL = 2.0  # points of 1..10 from which a chair shows both sides, whatever the track lets pass
LEAST_PASSAGE = 20  # characters two quotes must share to be about one passage

_QUOTED = re.compile(r"[“\"]([^“”\"]+)[”\"]")
DISCLOSURE = (
    "No language model was used for this report. It was put together from the reviewers' reports by rule, and adds no "
    "score of its own."
)


def consolidated(
    reports: tuple[Report, ...], *, judge: str, model: str, rubric_hash: str, max_spread: float
) -> Report | None:
    """The report of the chair, without a model; fewer than two reports leave nothing to consolidate."""
    outcome = panel_outcome(reports, max_spread=min(max_spread, WIDE_OVERALL))
    if outcome is None or len(reports) < 2:
        return None
    return Report(
        role=CHAIR,
        judge=judge,
        model=model,
        prompt_hash="",
        rubric_hash=rubric_hash,
        summary=f"{scores_told(reports)} {_findings_told(reports)}",
        strengths=(),
        weaknesses=(),
        questions=(),
        requested_changes=_changes(reports, outcome),
        scores=_scores(reports, outcome),
        overall=round(outcome.overall, 2),
        confidence=round(median(r.confidence for r in reports), 1),
        disclosure=DISCLOSURE,
        agreements=_agreements(reports, outcome),
        splits=(*(_split(d, reports) for d in outcome.disagreements), *_weighed_differently(reports)),
    )


def scores_told(reports: tuple[Report, ...]) -> str:
    """Median, range and every reviewer's overall score, in a sentence."""
    overall = [r.overall for r in reports]
    each = ", ".join(f"{r.role} {r.overall:g}" for r in reports)
    return f"Overall scores: median {median(overall):g}, from {min(overall):g} to {max(overall):g} ({each})."


def _findings_told(reports: tuple[Report, ...]) -> str:
    findings = [f for r in reports for f in r.weaknesses]
    grave = sum(f.severity in ("critical", "major") for f in findings)
    one = len(findings) == 1
    return f"{len(findings)} finding{' stands' if one else 's stand'} in {len(reports)} reports, {grave} of them grave."


def _scores(reports: tuple[Report, ...], outcome: PanelOutcome) -> tuple[CriterionScore, ...]:
    told = []
    for key, middle in outcome.criteria.items():
        given = [(r.role, s.score) for r in reports for s in r.scores if s.criterion == key]
        each = ", ".join(f"{role} {score:g}" for role, score in given)
        low, high = min(score for _, score in given), max(score for _, score in given)
        reason = f"Median of {each}; from {low:g} to {high:g}." if len(given) > 1 else f"Scored by one: {each}."
        told.append(CriterionScore(criterion=key, score=round(middle, 1), reason=reason))
    return tuple(told)


def _changes(reports: tuple[Report, ...], outcome: PanelOutcome) -> tuple[str, ...]:
    fixes: dict[str, str] = {}
    for finding in outcome.findings:
        if finding.fix and finding.severity != "note":
            fixes.setdefault(finding.fix, f"{finding.fix} [{finding.id}]")
    asked = dict.fromkeys(change for r in reports for change in r.requested_changes)
    return tuple(fixes.values())[:CHANGES] if fixes else tuple(asked)[:CHANGES]


def _agreements(reports: tuple[Report, ...], outcome: PanelOutcome) -> tuple[str, ...]:
    told = []
    if outcome.spread <= CLOSE_OVERALL:
        told.append(f"All {len(reports)} overall scores lie within {outcome.spread:.1f} points.")
    if not any(f.severity in ("critical", "major") for f in outcome.findings):
        told.append(f"None of {len(reports)} reviewers reports a critical or major weakness.")
    for key in outcome.criteria:
        given = [s.score for r in reports for s in r.scores if s.criterion == key]
        if len(given) > 1 and max(given) - min(given) < CLOSE_CRITERION:
            told.append(f"On {key} all {len(given)} who score it give {_range(given)} of 5.")
    told += [
        f"“{shared}”: '{a}' and '{b}' object to the same passage [{one.id}] [{two.id}]."
        for (a, one), (b, two), shared in _shared(reports)
        if one.severity == two.severity
    ]
    return tuple(told)


def _range(values: list[float]) -> str:
    low, high = min(values), max(values)
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"


def _weighed_differently(reports: tuple[Report, ...]) -> tuple[Split, ...]:
    return tuple(
        Split(
            about=f"the weight of one passage: {one.severity} or {two.severity}",
            sides=(Side(role=a, says=one.claim, quote=one.quote), Side(role=b, says=two.claim, quote=two.quote)),
        )
        for (a, one), (b, two), _ in _shared(reports)
        if one.severity != two.severity
    )


def _shared(reports: tuple[Report, ...]) -> list[tuple[tuple[str, Finding], tuple[str, Finding], str]]:
    """Pairs of findings of two reviewers that rest on one passage; a check's finding is told once and is in none."""
    own = [(r.role, f) for r in reports for f in by_severity(r.weaknesses) if f.quote and f.source == r.role]
    pairs = []
    for (a, one), (b, two) in combinations(own, 2):
        shorter, longer = sorted((one.quote, two.quote), key=len)
        needle = normalise(shorter)
        if a != b and len(needle) >= LEAST_PASSAGE and needle in normalise(longer):
            pairs.append(((a, one), (b, two), shorter))
    return pairs


def _split(difference: Disagreement, reports: tuple[Report, ...]) -> Split:
    by_role = {r.role: r for r in reports}
    low, high = by_role[difference.low_role], by_role[difference.high_role]
    return Split(
        about=difference.about,
        sides=(
            _objection(low, difference.about, difference.lowest),
            _defence(high, difference.about, difference.highest),
        ),
    )


def _objection(report: Report, about: str, score: float) -> Side:
    weighty = [f for f in by_severity(report.weaknesses) if about in (f.criterion, "overall")]
    if not weighty:
        return Side(role=report.role, says=_reason(report, about), score=score)
    return Side(role=report.role, says=weighty[0].claim, quote=weighty[0].quote, score=score)


def _defence(report: Report, about: str, score: float) -> Side:
    quoted = next((found[1] for s in report.strengths if (found := _QUOTED.search(s))), "")
    says = report.strengths[0] if about == "overall" and report.strengths else _reason(report, about)
    return Side(role=report.role, says=says, quote=quoted, score=score)


def _reason(report: Report, about: str) -> str:
    return next((s.reason for s in report.scores if s.criterion == about and s.reason), report.summary)
