"""The tool that shows what reviewers, checks and voters said about a version."""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from aixiv.domain.errors import Invalid
from aixiv.queries import reviews
from aixiv.queries.reviews import ReportCard, ScreeningCard
from mcp_server.reading import PaperId, Version, fitting, named_version
from mcp_server.shown import (
    UNTRUSTED,
    Reviews,
    ShownBallot,
    ShownComparison,
    ShownDecision,
    ShownFinding,
    ShownReport,
    ShownResolution,
    ShownScreening,
    cut,
)
from mcp_server.steps import finding_call, paper_actions
from mcp_server.tool import Call, Tool
from review.report import Ballot, Comparison, Finding

REPORTS_CHARS = 30_000
"""Reports go on the next page when an answer would have more than this."""
QUOTE, PARAGRAPH = 300, 4_000
FINDINGS_CHARS = 14_000
"""All findings of one report together; the more there are, the less is shown of each."""
WHOLE_CLAIM, WHOLE_REST = 24_000, 6_000
"""Characters of the JSON of a claim, and of its quote and fix, where one finding is asked for."""
SHOWN_POINTS = 12
SHOWN_RESOLUTIONS = 30


class AskReviews(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A version whose reviews are asked for."""

    paper_id: PaperId
    version: Version | None = None
    cursor: Annotated[str, Meta(max_length=20, description="next_cursor")] = ""
    finding_id: Annotated[str, Meta(max_length=200, description="Only this one, whole")] = ""


async def get_reviews(call: Call, asked: AskReviews) -> Reviews:
    """Reports page by page; the first page also has screening, ballots, comparison and decisions. Or one finding,
    in each report that has it."""
    named = await named_version(call, asked.paper_id, asked.version)
    async with call.deps.database.read() as session:
        reports = _with_finding(await reviews.reports_of(session, call.actor, named.version), asked.finding_id)
        screening = await reviews.screening_of(session, named.version)
        ballots = await reviews.ballots_of(session, named.version)
        comparison = await reviews.comparison_of(session, named.version)
        decisions = await reviews.decisions_of(session, named.version)
    start = _position(asked.cursor, len(reports))
    shown, following = _page(tuple(_report(card, asked.finding_id) for card in reports[start:]))
    first = start == 0 and not asked.finding_id
    actions = paper_actions(call.actor, named.paper)
    if not asked.finding_id and _abridged(shown, reports[start:]):
        others = (action for action in actions if action.tool != "get_reviews")
        actions = (*others, finding_call(named.version))
    return Reviews(
        paper_id=named.paper.id,
        version=named.version.n,
        state=named.version.status,
        reports=shown,
        screening=_screening(screening) if first and screening else None,
        ballots=tuple(_ballot(ballot) for ballot in ballots) if first else (),
        comparison=_comparison(comparison) if first and comparison else None,
        decisions=tuple(
            ShownDecision(outcome=d.outcome, by=d.by, reasons=tuple(cut(r, QUOTE) for r in d.reasons[:5]))
            for d in decisions[-5:]
        )
        if first
        else (),
        next_cursor=str(start + following) if following else None,
        next_actions=actions,
        trust=UNTRUSTED,
    )


def _with_finding(reports: tuple[ReportCard, ...], finding_id: str) -> tuple[ReportCard, ...]:
    """The reports that have this finding; all of them when none is asked for."""
    if not finding_id:
        return reports
    having = tuple(card for card in reports if any(f.id == finding_id for f in card.report.weaknesses))
    if not having:
        raise Invalid(
            "No report on this version has this finding.",
            code="finding_unknown",
            hint="Send a finding_id that get_reviews shows for the same version.",
        )
    return having


def _position(cursor: str, reports: int) -> int:
    if not cursor:
        return 0
    if not cursor.isascii() or not cursor.isdigit() or not 0 < int(cursor) < reports:
        raise Invalid("This cursor is not from these reviews.", code="cursor", hint="Call again without a cursor.")
    return int(cursor)


def _page(reports: tuple[ShownReport, ...]) -> tuple[tuple[ShownReport, ...], int]:
    """As many reports as fit, at least one; and their number when others follow, else 0."""
    size = 0
    for number, report in enumerate(reports):
        size += len(msgspec.json.encode(report))
        if number and size > REPORTS_CHARS:
            return reports[:number], number
    return reports, 0


def _report(card: ReportCard, finding_id: str) -> ShownReport:
    report, points = card.report, 0 if finding_id else SHOWN_POINTS
    return ShownReport(
        review_id=card.id,
        reviewer=card.reviewer,
        by=card.by,
        overall=report.overall,
        confidence=report.confidence,
        scores={score.criterion: score.score for score in report.scores},
        summary=cut(report.summary, PARAGRAPH),
        findings=tuple(_whole(f) for f in report.weaknesses if f.id == finding_id)
        if finding_id
        else shown_findings(report.weaknesses),
        strengths=tuple(cut(text, QUOTE) for text in report.strengths[:points]),
        questions=tuple(cut(text, QUOTE) for text in report.questions[:points]),
        requested_changes=tuple(cut(text, QUOTE) for text in report.requested_changes[:points]),
        disclosure=cut(report.disclosure, QUOTE),
    )


def _abridged(shown: Sequence[ShownReport], cards: Sequence[ReportCard]) -> bool:
    """Whether a claim, or what would resolve it, is shown in part."""
    return any(
        (seen.claim, seen.fix) != (finding.claim, finding.fix)
        for report, card in zip(shown, cards, strict=False)  # the other cards are on later pages
        for seen, finding in zip(report.findings, card.report.weaknesses, strict=True)
    )


def _whole(finding: Finding) -> ShownFinding:
    claim, quote, fix = (
        cut(text, fitting(text, most))
        for text, most in ((finding.claim, WHOLE_CLAIM), (finding.quote, WHOLE_REST), (finding.fix, WHOLE_REST))
    )
    return _finding(finding, claim, quote, fix)


def _finding(finding: Finding, claim: str, quote: str, fix: str) -> ShownFinding:
    return ShownFinding(
        finding_id=finding.id,
        severity=finding.severity,
        claim=claim,
        criterion=finding.criterion,
        quote=quote,
        place=cut(finding.place, 80),
        fix=fix,
    )


def shown_findings(findings: Sequence[Finding], most: int = FINDINGS_CHARS) -> tuple[ShownFinding, ...]:
    """Findings that have about `most` characters together."""
    room = most // max(4, len(findings))
    rest = min(QUOTE, room // 4)
    return tuple(_finding(f, cut(f.claim, room // 2), cut(f.quote, rest), cut(f.fix, rest)) for f in findings)


def _screening(card: ScreeningCard) -> ShownScreening:
    return ShownScreening(
        verdict=card.screening.verdict,
        signs=tuple(
            f"{sign.kind} ({sign.carrier}): {cut(sign.reason, QUOTE)}" for sign in card.screening.findings[:10]
        ),
        checks_passed=sum(check.status == "passed" for check in card.checks),
        checks_found={check.check: cut(check.summary, QUOTE) for check in card.checks if check.status == "found"},
    )


def _ballot(ballot: Ballot) -> ShownBallot:
    return ShownBallot(voter=ballot.voter, vote=ballot.vote if ballot.valid else None, reason=cut(ballot.reason, QUOTE))


def _comparison(comparison: Comparison) -> ShownComparison:
    return ShownComparison(
        verdict=comparison.verdict,
        summary=cut(comparison.summary, PARAGRAPH),
        resolutions=tuple(
            ShownResolution(finding_id=r.finding.id, resolution=r.resolution, evidence=cut(r.evidence, QUOTE))
            for r in comparison.resolutions[:SHOWN_RESOLUTIONS]
        ),
    )


TOOLS = (
    Tool(
        name="get_reviews",
        title="Get the reviews",
        description="Reports with findings, screening, checks, ballots, comparison and decisions of one version.",
        takes=AskReviews,
        gives=Reviews,
        run=get_reviews,
        others_text=True,
    ),
)
