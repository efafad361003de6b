"""Reports by people and registered reviewer agents: the same schema and the same quote check as the panel's."""

import hashlib
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import func, select

from aixiv.db import Transaction
from aixiv.db.account import User
from aixiv.db.paper import Paper, Version, VersionAuthor
from aixiv.db.review import ReportRow
from aixiv.db.visible import visible
from aixiv.deps import Deps
from aixiv.domain.errors import Conflict, Invalid, NotAllowed, NotFound
from aixiv.domain.events import Event, Tag
from aixiv.domain.ids import new_id
from aixiv.domain.paper import Status
from aixiv.domain.people import Action, Actor, Subject, may
from aixiv.usecases import idempotency
from aixiv.usecases.ingest import load_parsed
from review.manuscript import Kind, Manuscript
from review.quotes import find_quote
from review.report import CriterionScore, Finding, Report, Severity
from review.rubric import load_rubric

REVIEWABLE = frozenset({Status.UNDER_REVIEW, Status.HELD, Status.PUBLISHED})
MAX_WEAKNESSES = 100


class Weakness(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One criticism; its quote must occur in the manuscript."""

    claim: str
    severity: Severity
    criterion: str
    quote: str = ""
    place: str = ""
    fix: str = ""


class WriteReport(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A review. Scores are 1 to 5 per criterion of the rubric, overall 1 to 10, confidence 1 to 5."""

    summary: str
    strengths: tuple[str, ...] = ()
    weaknesses: tuple[Weakness, ...] = ()
    questions: tuple[str, ...] = ()
    requested_changes: tuple[str, ...] = ()
    scores: dict[str, float]
    overall: float
    confidence: float
    disclosure: str = ""


class ReportWritten(Struct, frozen=True, kw_only=True):
    """The stored report, and the claims the quote check took out of it."""

    report_id: UUID
    dropped: tuple[str, ...]


async def write_report(
    deps: Deps, actor: Actor, version_id: UUID, command: WriteReport, *, key: str | None = None
) -> ReportWritten:
    """Store a report on a version the actor may see and has no conflict with. `key` is the client's idempotency key."""
    async with deps.database.read() as session:
        row = (
            await session.execute(
                select(Paper, Version)
                .join(Version, Version.paper_id == Paper.id)
                .where(Version.id == version_id, visible(actor))
            )
        ).first()
    if row is None:
        raise NotFound("There is no such version.")
    paper, version = row
    may(actor, Action.REVIEW, Subject(owner_id=paper.owner_id))
    if Status(version.status) not in REVIEWABLE or version.parsed_sha256 is None:
        raise Conflict(f"A version that is {version.status} takes no reviews.", code="not_reviewable")
    parsed = await load_parsed(deps, version.parsed_sha256)
    report = _checked(command, paper.kind, parsed.manuscript)  # type: ignore[arg-type]  # CHECKed
    operation, content = f"write_report:{version_id}", hashlib.sha256(msgspec.json.encode(command)).hexdigest()
    async with deps.database.write() as tx:
        kept = await idempotency.replay(tx, actor, key, operation, content)
        if kept is not None:
            return msgspec.json.decode(kept, type=ReportWritten)
        await _refuse_conflict(tx, actor, version)
        stored = ReportRow(
            id=new_id(),
            version_id=version.id,
            author_id=actor.user_id,
            author_agent_id=actor.agent_id,
            role="reviewer",
            judge=report.judge,
            overall=report.overall,
            body=msgspec.to_builtins(report),
            created_at=deps.clock(),
        )
        tx.session.add(stored)
        tx.record(
            Event(
                tag=Tag.REPORT_WRITTEN,
                actor=actor.label,
                at=deps.clock(),
                paper_id=paper.id,
                version_id=version.id,
                data={"n": version.n, "report": str(stored.id)},
            )
        )
        answer = ReportWritten(report_id=stored.id, dropped=report.dropped)
        await idempotency.remember(tx, actor, key, operation, content, msgspec.json.encode(answer).decode())
    return answer


async def _refuse_conflict(tx: Transaction, actor: Actor, version: Version) -> None:
    """One report per person and version, and none by somebody named as an author of it."""
    await tx.session.get(Version, version.id, with_for_update=True)
    already = await tx.session.scalar(
        select(ReportRow.id).where(ReportRow.version_id == version.id, ReportRow.author_id == actor.user_id)
    )
    if already is not None:
        raise Conflict("You have already reviewed this version.", code="already_reviewed")
    person = await tx.session.get(User, actor.user_id)
    authors = select(VersionAuthor.position).where(
        VersionAuthor.version_id == version.id,
        func.lower(VersionAuthor.name).in_([actor.name.lower(), person.name.lower() if person else ""]),
    )
    if await tx.session.scalar(authors.limit(1)) is not None:
        raise NotAllowed("An author of this work bears your name.", code="conflict_of_interest")


def _checked(command: WriteReport, kind: Kind, manuscript: Manuscript) -> Report:
    rubric = load_rubric(kind)
    keys = {criterion.key for criterion in rubric.criteria}
    _refuse_malformed(command, keys)
    kept: list[Finding] = []
    dropped: list[str] = []
    for number, weakness in enumerate(command.weaknesses, start=1):
        found = find_quote(manuscript, weakness.quote) if weakness.quote else None
        if weakness.quote and found is None:
            dropped.append(f"{weakness.claim} (the quote does not occur in the manuscript)")
            continue
        kept.append(
            Finding(
                id=f"reviewer.{number}",
                claim=weakness.claim,
                severity=weakness.severity if weakness.quote or weakness.place else "note",
                criterion=weakness.criterion,
                source="reviewer",
                quote=weakness.quote,
                locator=found,
                place=weakness.place,
                fix=weakness.fix,
            )
        )
    return Report(
        role="reviewer",
        judge="reviewer",
        model="",
        prompt_hash="",
        rubric_hash=rubric.hash,
        summary=command.summary,
        strengths=command.strengths,
        weaknesses=tuple(kept),
        questions=command.questions,
        requested_changes=command.requested_changes,
        scores=tuple(CriterionScore(criterion=k, score=v, reason="") for k, v in command.scores.items()),
        overall=command.overall,
        confidence=command.confidence,
        dropped=tuple(dropped),
        disclosure=command.disclosure,
    )


def _refuse_malformed(command: WriteReport, keys: set[str]) -> None:
    if not command.summary.strip():
        raise Invalid("A report needs a summary.", code="summary_missing")
    if len(command.weaknesses) > MAX_WEAKNESSES or b"\\u0000" in msgspec.json.encode(command):
        raise Invalid(f"At most {MAX_WEAKNESSES} weaknesses, and no NUL characters.", code="report_malformed")
    if set(command.scores) != keys or not all(1 <= score <= 5 for score in command.scores.values()):
        raise Invalid(f"Give a score from 1 to 5 for each of {', '.join(sorted(keys))}.", code="scores")
    if not 1 <= command.overall <= 10 or not 1 <= command.confidence <= 5:
        raise Invalid("Overall is 1 to 10, confidence 1 to 5.", code="scores")
    unknown = {w.criterion for w in command.weaknesses} - keys
    if unknown:
        raise Invalid(f"Unknown criterion {min(unknown)!r}.", code="criterion_unknown")
