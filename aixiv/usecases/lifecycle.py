"""Steps every use case that moves a version shares: lock it, move it, say so in the log."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from aixiv.db import Transaction
from aixiv.db.paper import Paper, Version
from aixiv.domain.errors import NotFound
from aixiv.domain.events import Event, Tag
from aixiv.domain.paper import Status, check_transition
from aixiv.domain.people import Actor
from review.policy import Policy, load_policy


async def lock_version(tx: Transaction, version_id: UUID) -> tuple[Paper, Version]:
    """The paper and version, locked in that order until the transaction ends; `NotFound` when absent."""
    paper_id = await tx.session.scalar(select(Version.paper_id).where(Version.id == version_id))
    paper = await tx.session.get(Paper, paper_id, with_for_update=True) if paper_id else None
    version = await tx.session.get(Version, version_id, with_for_update=True) if paper else None
    if paper is None or version is None:
        raise NotFound("There is no such version.")
    return paper, version


async def lock_latest(tx: Transaction, paper_id: UUID) -> tuple[Paper, Version]:
    """The paper and its latest version, locked; `NotFound` when absent."""
    paper = await tx.session.get(Paper, paper_id, with_for_update=True)
    if paper is None:
        raise NotFound("There is no such paper.")
    latest = select(Version).where(Version.paper_id == paper_id).order_by(Version.n.desc()).limit(1)
    return paper, (await tx.session.scalars(latest.with_for_update())).one()


def move(
    tx: Transaction, version: Version, target: Status, *, actor: Actor, now: datetime, reason: str = "", **data: Any
) -> None:
    """Move a locked version along the transition table and record it, or raise `IllegalTransition`."""
    current = Status(version.status)
    check_transition(current, target)
    version.status = target.value
    version.status_reason = reason
    if target in (Status.ACCEPTED, Status.REJECTED, Status.REVISION_REQUESTED, Status.HELD):
        version.decided_at = now
    if target is Status.PUBLISHED:
        version.published_at = now
    tx.record(
        Event(
            tag=Tag.VERSION_MOVED,
            actor=actor.label,
            at=now,
            paper_id=version.paper_id,
            version_id=version.id,
            data={"n": version.n, "from": current.value, "to": target.value, "reason": reason, **data},
        )
    )


def policy_of(paper: Paper) -> Policy:
    """The policy of a paper's track."""
    return load_policy(paper.track)
