"""What the platform did with a version: screening, checks, reports, ballots, comparison, decisions, progress."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from aixiv.db.account import Agent, User
from aixiv.db.review import BallotRow, Comment, ComparisonRow, Decision, ReportRow, Run, ScreeningRow
from aixiv.domain.people import Actor
from aixiv.queries.papers import VersionCard
from review.policy import load_policy
from review.report import Ballot, CheckResult, Comparison, Recommendation, RelatedWork, Report, Screening, Usage

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
    usage: Usage | None


class ScreeningCard(Struct, frozen=True, kw_only=True):
    """The injection screen and the deterministic checks of the latest run."""

    screening: Screening
    checks: tuple[CheckResult, ...]


class ReportCard(Struct, frozen=True, kw_only=True):
    """One report with who wrote it, as far as the reader may know."""

    id: UUID
    reviewer: str
    by: str  # panel, person, agent
    created_at: datetime
    report: Report


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


async def runs_of(session: AsyncSession, version: VersionCard) -> tuple[RunCard, ...]:
    """Runs of a version, newest first."""
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
            usage=msgspec.convert(run.usage, Usage) if run.usage else None,
        )
        for run in rows
    )


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
    rows = await session.execute(
        select(ReportRow, User.name, Agent.name)
        .outerjoin(User, User.id == ReportRow.author_id)
        .outerjoin(Agent, Agent.id == ReportRow.author_agent_id)
        .where(ReportRow.version_id == version.id, (ReportRow.run_id == run_id) | ReportRow.author_id.is_not(None))
        .order_by(ReportRow.run_id.is_(None), ReportRow.created_at, ReportRow.role)
    )
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
    """The discussion of a version, oldest first."""
    rows = await session.execute(
        select(Comment, User.name, Agent.name)
        .join(User, User.id == Comment.author_id)
        .outerjoin(Agent, Agent.id == Comment.author_agent_id)
        .where(Comment.version_id == version.id)
        .order_by(Comment.created_at, Comment.id)
    )
    return tuple(
        CommentCard(
            id=row.id,
            parent_id=row.parent_id,
            author=agent or person,
            by_agent=agent is not None,
            mine=actor.user_id is not None and actor.user_id == row.author_id,
            body=None if row.removed_at else row.body,
            created_at=row.created_at,
        )
        for row, person, agent in rows
    )


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
