"""Reports by people and registered reviewer agents: the same schema and the same checks as the panel's."""

import hashlib
from collections.abc import Sequence
from uuid import UUID

import msgspec
from anyio import to_thread
from msgspec import Struct
from sqlalchemy import select

from aixiv.db import Transaction
from aixiv.db.paper import Paper, Version
from aixiv.db.review import ReportRow, Run
from aixiv.db.visible import visible
from aixiv.deps import Deps
from aixiv.domain.errors import Conflict, Invalid, NotFound
from aixiv.domain.events import Event, Tag
from aixiv.domain.ids import new_id
from aixiv.domain.paper import Status
from aixiv.domain.people import Action, Actor, Subject, may
from aixiv.usecases import idempotency
from aixiv.usecases.conflicts import refuse_conflict
from aixiv.usecases.ingest import load_parsed
from review.manuscript import Kind, Manuscript
from review.report import CriterionScore, Finding, RelatedWork, Report, Severity
from review.rubric import load_rubric
from review.verification import checked_report

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
    """The stored report, the claims the checks took out of it, and those kept as notes, each with the reason."""

    report_id: UUID
    dropped: tuple[str, ...]
    demoted: tuple[str, ...] = ()


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
        related = await session.scalar(
            select(Run.related)
            .where(Run.version_id == version_id, Run.status == "completed")
            .order_by(Run.generation.desc())
            .limit(1)
        )
    if row is None:
        raise NotFound("There is no such version.")
    paper, version = row
    may(actor, Action.REVIEW, Subject(owner_id=paper.owner_id))
    if Status(version.status) not in REVIEWABLE or version.parsed_sha256 is None:
        raise Conflict(f"A version that is {version.status} takes no reviews.", code="not_reviewable")
    parsed = await load_parsed(deps, version.parsed_sha256)
    near = msgspec.convert(related or [], tuple[RelatedWork, ...])
    kind: Kind = paper.kind  # type: ignore[assignment]  # the table's CHECK allows only the two kinds
    report = await to_thread.run_sync(_checked, command, kind, parsed.manuscript, near)
    operation, content = f"write_report:{version_id}", hashlib.sha256(msgspec.json.encode(command)).hexdigest()
    async with deps.database.write() as tx:
        kept = await idempotency.replay(tx, actor, key, operation, content)
        if kept is not None:
            return msgspec.json.decode(kept, type=ReportWritten)
        await _refuse_second(tx, actor, version)
        await refuse_conflict(tx, actor, paper)
        stored = ReportRow(
            id=new_id(),
            version_id=version.id,
            author_id=actor.user_id,
            author_agent_id=actor.agent_id,
            role="reviewer",
            judge=report.judge,
            rubric_hash=report.rubric_hash,
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
        answer = ReportWritten(report_id=stored.id, dropped=report.dropped, demoted=report.demoted)
        await idempotency.remember(tx, actor, key, operation, content, msgspec.json.encode(answer).decode())
    return answer


async def _refuse_second(tx: Transaction, actor: Actor, version: Version) -> None:
    """One report per person and version."""
    await tx.session.get(Version, version.id, with_for_update=True)
    already = await tx.session.scalar(
        select(ReportRow.id).where(ReportRow.version_id == version.id, ReportRow.author_id == actor.user_id)
    )
    if already is not None:
        raise Conflict("You have already reviewed this version.", code="already_reviewed")


def _checked(command: WriteReport, kind: Kind, manuscript: Manuscript, related: Sequence[RelatedWork]) -> Report:
    """The report after the same checks that the panel's reports go through."""
    rubric = load_rubric(kind)
    _refuse_malformed(command, set(rubric.keys))
    said = Report(
        role="reviewer",
        judge="reviewer",
        model="",
        prompt_hash="",
        rubric_hash=rubric.hash,
        summary=command.summary,
        strengths=command.strengths,
        weaknesses=tuple(
            Finding(
                id=f"reviewer.{number}",
                claim=weakness.claim,
                severity=weakness.severity,
                criterion=weakness.criterion,
                source="reviewer",
                quote=weakness.quote,
                place=weakness.place,
                fix=weakness.fix,
            )
            for number, weakness in enumerate(command.weaknesses, start=1)
        ),
        questions=command.questions,
        requested_changes=command.requested_changes,
        scores=tuple(CriterionScore(criterion=k, score=v, reason="") for k, v in command.scores.items()),
        overall=command.overall,
        confidence=command.confidence,
        disclosure=command.disclosure,
    )
    return checked_report(said, manuscript, related=related)


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
