"""What waits for somebody: their works to revise or publish, held works for editors, works to review for reviewers."""

from msgspec import Struct, structs
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from aixiv.db.review import ReportRow
from aixiv.domain.paper import Status
from aixiv.domain.people import Actor, Role, Scope
from aixiv.queries.listings import MAX_LIMIT, Filter, list_papers
from aixiv.queries.papers import VersionCard


class Work(Struct, frozen=True, kw_only=True):
    """Lists of versions, newest first, at most a hundred each; a list that is not the actor's to work on is empty."""

    to_revise: tuple[VersionCard, ...] = ()
    to_publish: tuple[VersionCard, ...] = ()
    in_review: tuple[VersionCard, ...] = ()  # mine: nothing to do but wait
    held: tuple[VersionCard, ...] = ()  # for editors: waiting for a decision, never about their own work
    to_review: tuple[VersionCard, ...] = ()  # for reviewers: under review, not theirs, not yet reviewed by them


async def work_of(session: AsyncSession, actor: Actor, *, key: bytes) -> Work:
    """Everything that waits for this actor. `key` signs cursors, as in `list_papers`."""

    async def some(status: Status, *, mine: bool = False) -> tuple[VersionCard, ...]:
        asked = Filter(status=status, mine=mine, limit=MAX_LIMIT)
        return (await list_papers(session, actor, asked, key=key)).items

    own = {
        "to_revise": await some(Status.REVISION_REQUESTED, mine=True),
        "to_publish": await some(Status.ACCEPTED, mine=True),
        "in_review": await some(Status.SUBMITTED, mine=True) + await some(Status.UNDER_REVIEW, mine=True),
    }
    work = Work(**own)
    if actor.is_editor:
        mine = {card.id for card in await some(Status.HELD, mine=True)}
        work = structs.replace(work, held=tuple(c for c in await some(Status.HELD) if c.id not in mine))
    if Role.REVIEWER in actor.roles and actor.has(Scope.REVIEWS_WRITE):
        waiting = await some(Status.UNDER_REVIEW)
        done = set(
            await session.scalars(
                select(ReportRow.version_id).where(
                    ReportRow.author_id == actor.user_id, ReportRow.version_id.in_([c.id for c in waiting])
                )
            )
        )
        done |= {card.id for card in own["in_review"]}
        work = structs.replace(work, to_review=tuple(c for c in waiting if c.id not in done))
    return work
