"""Asking for the review of one's own version: after a review that could not be finished, or when a step was lost.

It never repeats a review that has an outcome: scores are not drawn again.
"""

from uuid import UUID

from msgspec import Struct
from sqlalchemy import select

from aixiv.db import Transaction
from aixiv.db.paper import Version
from aixiv.db.review import Run
from aixiv.deps import Deps
from aixiv.domain.errors import Conflict
from aixiv.domain.events import Event, Tag
from aixiv.domain.paper import IN_REVIEW, Status
from aixiv.domain.people import Action, Actor, Subject, may
from aixiv.queue import INGEST, REVIEW
from aixiv.usecases import rates
from aixiv.usecases.housekeeping import LIVE_JOB
from aixiv.usecases.lifecycle import lock_latest, move

PER_DAY = 10


class Requested(Struct, frozen=True, kw_only=True):
    """The version whose review is asked for; `queued` is false when it was under way already."""

    paper_id: UUID
    version_id: UUID
    n: int
    queued: bool


async def request_review(deps: Deps, actor: Actor, paper_id: UUID) -> Requested:
    """Queue the review of the latest version, unless it is queued or running. Raises `Conflict` when it has ended."""
    now = deps.clock()
    async with deps.database.write() as tx:
        paper, version = await lock_latest(tx, paper_id)
        may(actor, Action.REQUEST_REVIEW, Subject(owner_id=paper.owner_id))
        failed = await _review_failed(tx, version)
        if Status(version.status) not in IN_REVIEW and not failed:
            raise Conflict(
                f"Version {version.n} is {version.status}; a review that has ended is not repeated.",
                code="not_requestable",
                hint="Submit a revision when one is asked for; an editor decides about what is held.",
            )
        queued = failed or not await tx.session.scalar(LIVE_JOB, {"version": str(version.id)})
        if queued:
            await rates.count(tx, f"request:{actor.user_id}", limit=PER_DAY, window=rates.DAY, now=now)
            said = {"n": version.n}
            tag = Tag.REVIEW_REQUESTED
            tx.record(Event(tag=tag, actor=actor.label, at=now, paper_id=paper.id, version_id=version.id, data=said))
            if failed:
                move(tx, version, Status.UNDER_REVIEW, actor=actor, now=now, reason="Asked for again.")
            await tx.defer(REVIEW if version.parsed_sha256 else INGEST, version_id=str(version.id))
        return Requested(paper_id=paper.id, version_id=version.id, n=version.n, queued=queued)


async def _review_failed(tx: Transaction, version: Version) -> bool:
    """Whether it is held because the last run broke off, and not because of what it found."""
    if Status(version.status) is not Status.HELD or version.parsed_sha256 is None:
        return False
    last = select(Run.status).where(Run.version_id == version.id).order_by(Run.generation.desc()).limit(1)
    return await tx.session.scalar(last) == "failed"
