"""What waits for somebody: their works to revise or publish, held works for editors, works to review for reviewers."""

from msgspec import Struct
from sqlalchemy import exists
from sqlalchemy.ext.asyncio import AsyncSession

from aixiv.db.paper import Version
from aixiv.db.review import ReportRow
from aixiv.domain.paper import Status
from aixiv.domain.people import Actor, Role, Scope
from aixiv.queries.listings import MAX_LIMIT, newest_by_status
from aixiv.queries.papers import VersionCard

WAITING = (Status.SUBMITTED, Status.UNDER_REVIEW, Status.HELD)
"""An author's works with which others are busy."""


class Work(Struct, frozen=True, kw_only=True):
    """Lists of versions, newest first, at most a hundred of each state; a list that is not the actor's to work on is
    empty."""

    to_revise: tuple[VersionCard, ...] = ()
    to_publish: tuple[VersionCard, ...] = ()
    in_review: tuple[VersionCard, ...] = ()  # mine: panel or editor are at work
    held: tuple[VersionCard, ...] = ()  # for editors: waiting for a decision, never about their own work
    to_review: tuple[VersionCard, ...] = ()  # for reviewers: under review, not theirs, not yet reviewed by them


async def work_of(session: AsyncSession, actor: Actor) -> Work:
    """Everything that waits for this actor."""
    reviews = Role.REVIEWER in actor.roles and actor.has(Scope.REVIEWS_WRITE)
    others = [status for status, wanted in ((Status.HELD, actor.is_editor), (Status.UNDER_REVIEW, reviews)) if wanted]
    reviewed = exists().where(ReportRow.version_id == Version.id, ReportRow.author_id == actor.user_id)
    own = (Status.REVISION_REQUESTED, Status.ACCEPTED, *WAITING)
    mine, theirs = await newest_by_status(session, actor, own, others, ~reviewed, most=MAX_LIMIT)
    return Work(
        to_revise=tuple(mine.get(Status.REVISION_REQUESTED, ())),
        to_publish=tuple(mine.get(Status.ACCEPTED, ())),
        in_review=tuple(card for status in WAITING for card in mine.get(status, ())),
        held=tuple(theirs.get(Status.HELD, ())),
        to_review=tuple(theirs.get(Status.UNDER_REVIEW, ())),
    )
