"""Taking work back: withdrawal before publication, retraction after. Both leave a tombstone with the reason."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from aixiv.db import Transaction
from aixiv.db.paper import Version
from aixiv.deps import Deps
from aixiv.domain.errors import Conflict
from aixiv.domain.paper import OPEN, Status
from aixiv.domain.people import Action, Actor, Subject, may
from aixiv.domain.words import prose
from aixiv.usecases.lifecycle import lock_latest, move
from aixiv.usecases.review import running_run

MAX_REASON = 2000


async def withdraw_paper(deps: Deps, actor: Actor, paper_id: UUID, reason: str, version_id: UUID | None = None) -> None:
    """Withdraw the latest version while it is not yet published; only `version_id` where one was agreed on."""
    checked = _reason(reason)
    async with deps.database.write() as tx:
        paper, latest = await lock_latest(tx, paper_id)
        may(actor, Action.WITHDRAW, Subject(owner_id=paper.owner_id))
        if version_id not in (None, latest.id):
            raise Conflict(f"Version {latest.n} came meanwhile.", code="not_withdrawable", hint="Look at it first.")
        if Status(latest.status) not in OPEN:
            hint = "A published work can be retracted." if latest.published_at else "There is nothing left to withdraw."
            raise Conflict(f"Version {latest.n} is {latest.status}.", code="not_withdrawable", hint=hint)
        now = deps.clock()
        move(tx, latest, Status.WITHDRAWN, actor=actor, now=now, reason=checked)
        await _end_run(tx, latest, now)


async def retract_paper(deps: Deps, actor: Actor, paper_id: UUID, reason: str) -> None:
    """Retract the published version; its page stays, with the reason on it.

    Versions of the same work that are still under way are withdrawn with it, and none can follow.
    """
    checked = _reason(reason)
    async with deps.database.write() as tx:
        paper, _ = await lock_latest(tx, paper_id)
        may(actor, Action.RETRACT, Subject(owner_id=paper.owner_id))
        published = await tx.session.scalar(
            select(Version)
            .where(Version.paper_id == paper.id, Version.status == Status.PUBLISHED.value)
            .with_for_update()
        )
        if published is None:
            raise Conflict(
                "No version of this work is published.",
                code="not_published",
                hint="Unpublished work is withdrawn instead.",
            )
        now = deps.clock()
        move(tx, published, Status.RETRACTED, actor=actor, now=now, reason=checked)
        unfinished = select(Version).where(
            Version.paper_id == paper.id, Version.status.in_([status.value for status in OPEN])
        )
        for version in await tx.session.scalars(unfinished.with_for_update()):
            move(tx, version, Status.WITHDRAWN, actor=actor, now=now, reason=f"The work was retracted: {checked}")
            await _end_run(tx, version, now)


async def _end_run(tx: Transaction, version: Version, now: datetime) -> None:
    """A version that is taken back has no review under way any more."""
    run = await running_run(tx, version.id)
    if run is not None:
        run.status, run.finished_at = "stale", now


def _reason(text: str) -> str:
    return prose(text, "reason", most=MAX_REASON)
