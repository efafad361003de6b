"""The letter that comes with a revision: what it may hold, and that it answers findings that there are."""

from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from aixiv.db.review import ReportRow, ScreeningRow
from aixiv.domain.errors import Invalid
from aixiv.domain.words import line, prose
from review.report import CheckResult, Finding, Report, ResponseLetter

MAX_LETTER = 100_000
MAX_ANSWERS = 500
NAMED_IN_HINT = 60
"""Findings that a refusal names; a review with more has them all in its reports."""


async def asked_findings(session: AsyncSession, version_id: UUID) -> dict[str, Finding]:
    """By id, what the reports of a version criticise: what its author was asked to change."""
    rows = await session.scalars(
        select(ReportRow.body).where(ReportRow.version_id == version_id).order_by(ReportRow.created_at, ReportRow.role)
    )
    found: dict[str, Finding] = {}
    for body in rows:
        for finding in msgspec.convert(body, Report).weaknesses:
            found.setdefault(finding.id, finding)
    return found


async def check_answers(session: AsyncSession, version_id: UUID, n: int, letter: ResponseLetter) -> None:
    """Raise `Invalid` for an answer to a finding that neither the reports nor the checks of version `n` have.

    Nobody would ever read it: reviewers are shown the answer to each finding there is.
    """
    if not letter.answers:
        return
    asked = list(await asked_findings(session, version_id))
    unknown = set(letter.answers) - set(asked)
    if unknown and (unknown := unknown - await _checked_ids(session, version_id)):
        more = [f"{len(asked) - NAMED_IN_HINT} more"] if len(asked) > NAMED_IN_HINT else []
        there = ", ".join([*asked[:NAMED_IN_HINT], *more]) or "no findings"
        raise Invalid(
            f"The review of version {n} has no finding {', '.join(sorted(unknown)[:5])}.",
            code="finding_unknown",
            hint=f"Its reports have {there}; whatever is no answer to one of them goes into the letter's text.",
        )


def clean_letter(letter: ResponseLetter) -> ResponseLetter:
    """The letter as it is stored, or `Invalid`."""
    if len(letter.answers) > MAX_ANSWERS or sum(map(len, letter.answers.values())) > MAX_LETTER:
        raise Invalid(
            f"At most {MAX_ANSWERS} answers with {MAX_LETTER:,} characters together.", code="response_letter_too_long"
        )
    return ResponseLetter(
        text=prose(letter.text, "response_letter", most=MAX_LETTER, least=0),
        answers={
            line(finding, "finding_id", most=200): prose(answer, "answer", most=MAX_LETTER, least=0)
            for finding, answer in letter.answers.items()
        },
    )


async def _checked_ids(session: AsyncSession, version_id: UUID) -> set[str]:
    rows = await session.scalars(select(ScreeningRow.checks).where(ScreeningRow.version_id == version_id))
    return {f.id for checks in rows for c in msgspec.convert(checks, list[CheckResult]) for f in c.findings}
