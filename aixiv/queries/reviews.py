"""What the platform did with a version: screening, checks, reports, ballots, comparison, decisions, progress."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from aixiv.db.account import Agent, User
from aixiv.db.paper import Paper
from aixiv.db.review import BallotRow, Comment, ComparisonRow, Decision, ReportRow, Run, ScreeningRow
from aixiv.domain.people import Actor
from aixiv.queries.judges import standings
from aixiv.queries.papers import VersionCard
from review.policy import load_policy
from review.report import (
    Adjudication,
    Ballot,
    CheckResult,
    Comparison,
    Grounding,
    Panel,
    Recommendation,
    RelatedWork,
    Report,
    Screening,
    Usage,
)
from review.standing import Standing

BLIND_NAME = "Anonymous reviewer"


class RunCard(Struct, frozen=True, kw_only=True):
    """Progress or end of one review run."""

    id: UUID
    generation: int
    status: str  # running, completed, failed, stale
    step: str
    message: str
    percent: int
    started_at: datetime
    finished_at: datetime | None
    recommendation: Recommendation | None
    related: tuple[RelatedWork, ...]
    grounding: Grounding | None
    usage: Usage | None
    panel: Panel | None
    adjudication: Adjudication | None


class ScreeningCard(Struct, frozen=True, kw_only=True):
    """The injection screen and the deterministic checks of the latest run."""

    screening: Screening
    checks: tuple[CheckResult, ...]


class ReportCard(Struct, frozen=True, kw_only=True):
    """One report with who wrote it, as far as the reader may know.

    `standing` tells where a panel's scores stand among the judge's past ones; a person's or agent's report has none.
    """

    id: UUID
    reviewer: str
    by: str  # panel, person, agent
    created_at: datetime
    report: Report
    standing: Standing | None


class DecisionCard(Struct, frozen=True, kw_only=True):
    """One decision: by the track's policy, or by an editor (name unless the track is blind)."""

    outcome: str
    by: str
    reasons: tuple[str, ...]
    created_at: datetime


class CommentCard(Struct, frozen=True, kw_only=True):
    """One comment; a removed one has no text."""

    id: UUID
    parent_id: UUID | None
    author: str
    by_agent: bool
    mine: bool
    body: str | None
    created_at: datetime


async def runs_of(session: AsyncSession, actor: Actor, version: VersionCard) -> tuple[RunCard, ...]:
    """Runs of a version, newest first. That it shares wording with an unpublished work is told to editors only."""
    rows = await session.scalars(select(Run).where(Run.version_id == version.id).order_by(Run.generation.desc()))
    return tuple(
        RunCard(
            id=run.id,
            generation=run.generation,
            status=run.status,
            step=run.step,
            message=run.message,
            percent=run.percent,
            started_at=run.started_at,
            finished_at=run.finished_at,
            recommendation=msgspec.convert(run.outcome, Recommendation) if run.outcome else None,
            related=msgspec.convert(run.related or [], tuple[RelatedWork, ...]),
            grounding=_grounding(run.grounding, actor),
            usage=msgspec.convert(run.usage, Usage) if run.usage else None,
            panel=msgspec.convert(run.panel, Panel) if run.panel else None,
            adjudication=msgspec.convert(run.adjudication, Adjudication) if run.adjudication else None,
        )
        for run in rows
    )


def _grounding(raw: dict[str, Any] | None, actor: Actor) -> Grounding | None:
    if raw is None:
        return None
    grounding = msgspec.convert(raw, Grounding)
    if actor.is_editor or grounding.overlaps is None:
        return grounding
    return msgspec.structs.replace(grounding, overlaps=tuple(o for o in grounding.overlaps if o.ref))


async def screening_of(session: AsyncSession, version: VersionCard) -> ScreeningCard | None:
    """Screening and checks of the latest completed run, None while there is none."""
    row = await _latest(session, ScreeningRow, version)
    if row is None:
        return None
    return ScreeningCard(
        screening=msgspec.convert(row.body, Screening), checks=msgspec.convert(row.checks, tuple[CheckResult, ...])
    )


async def reports_of(session: AsyncSession, actor: Actor, version: VersionCard) -> tuple[ReportCard, ...]:
    """Reports of the latest completed run, then those of people and agents, oldest first.

    On a blind track nobody but editors and the reviewers themselves learns who a person or agent is.
    """
    run_id = await _latest_run(session, version)
    found = await session.execute(
        select(ReportRow, User.name, Agent.name)
        .outerjoin(User, User.id == ReportRow.author_id)
        .outerjoin(Agent, Agent.id == ReportRow.author_agent_id)
        .where(ReportRow.version_id == version.id, (ReportRow.run_id == run_id) | ReportRow.author_id.is_not(None))
        .order_by(ReportRow.run_id.is_(None), ReportRow.created_at, ReportRow.role)
    )
    rows = found.all()
    standing = await standings(session, [row for row, _, _ in rows])
    blind = load_policy(version.track).blind
    cards = []
    for row, person, agent in rows:
        known = not blind or actor.is_editor or (actor.user_id is not None and actor.user_id == row.author_id)
        panel = row.run_id is not None
        name = row.role if panel else (agent or person or "") if known else BLIND_NAME
        by = "panel" if panel else ("agent" if agent else "person") if known else "reviewer"
        cards.append(
            ReportCard(
                id=row.id,
                reviewer=name,
                by=by,
                created_at=row.created_at,
                report=msgspec.convert(row.body, Report),
                standing=standing.get(row.id),
            )
        )
    return tuple(cards)


async def ballots_of(session: AsyncSession, version: VersionCard) -> tuple[Ballot, ...]:
    """Ballots of the latest completed run, in the order of their voters' names."""
    run_id = await _latest_run(session, version)
    rows = await session.scalars(select(BallotRow).where(BallotRow.run_id == run_id).order_by(BallotRow.voter))
    return tuple(msgspec.convert(row.body, Ballot) for row in rows)


async def comparison_of(session: AsyncSession, version: VersionCard) -> Comparison | None:
    """Pairwise comparison with the base version, None for a first version or while there is none."""
    row = await _latest(session, ComparisonRow, version)
    return msgspec.convert(row.body, Comparison) if row else None


async def decisions_of(session: AsyncSession, version: VersionCard) -> tuple[DecisionCard, ...]:
    """Decisions on a version, oldest first."""
    rows = await session.execute(
        select(Decision, User.name)
        .outerjoin(User, User.id == Decision.editor_id)
        .where(Decision.version_id == version.id)
        .order_by(Decision.created_at, Decision.id)
    )
    blind = load_policy(version.track).blind
    return tuple(
        DecisionCard(
            outcome=row.outcome,
            by="policy" if row.run_id else "an editor" if blind else f"editor {name}",
            reasons=tuple(row.reasons),
            created_at=row.created_at,
        )
        for row, name in rows
    )


async def comments_of(session: AsyncSession, actor: Actor, version: VersionCard) -> tuple[CommentCard, ...]:
    """The discussion of a version, oldest first.

    Before publication only its owner, reviewers and editors see a version. So on a blind track whoever else than the
    owner spoke then is named to editors and themselves alone, also when everybody may read it.
    """
    rows = await session.execute(
        select(Comment, User.name, Agent.name, Paper.owner_id)
        .join(User, User.id == Comment.author_id)
        .outerjoin(Agent, Agent.id == Comment.author_agent_id)
        .join(Paper, Paper.id == version.paper_id)
        .where(Comment.version_id == version.id)
        .order_by(Comment.created_at, Comment.id)
    )
    blind = load_policy(version.track).blind
    cards = []
    for row, person, agent, owner in rows:
        mine = actor.user_id is not None and actor.user_id == row.author_id
        public = version.published_at is not None and row.created_at > version.published_at
        known = not blind or public or mine or actor.is_editor or row.author_id == owner
        cards.append(
            CommentCard(
                id=row.id,
                parent_id=row.parent_id,
                author=(agent or person) if known else BLIND_NAME,
                by_agent=known and agent is not None,
                mine=mine,
                body=None if row.removed_at else row.body,
                created_at=row.created_at,
            )
        )
    return tuple(cards)


async def _latest_run(session: AsyncSession, version: VersionCard) -> UUID | None:
    return await session.scalar(
        select(Run.id)
        .where(Run.version_id == version.id, Run.status == "completed")
        .order_by(Run.generation.desc())
        .limit(1)
    )


async def _latest(session: AsyncSession, table: Any, version: VersionCard) -> Any:
    run_id = await _latest_run(session, version)
    return await session.get(table, run_id) if run_id else None
