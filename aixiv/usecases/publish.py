"""Publishing an accepted version: its number, its date, and the version before it stepping back, in one transaction."""

from uuid import UUID

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from aixiv.db import Transaction
from aixiv.db.paper import NumberCounter, Paper, Version
from aixiv.deps import Deps
from aixiv.domain.events import Event, Tag
from aixiv.domain.ids import AixivId, VersionRef
from aixiv.domain.paper import Status, check_transition
from aixiv.domain.people import Action, Actor, Subject, may
from aixiv.usecases.lifecycle import lock_version, move


class Published(Struct, frozen=True, kw_only=True):
    """The citable identifier of the version that is now public."""

    paper_id: UUID
    version_id: UUID
    identifier: str


async def publish_version(deps: Deps, actor: Actor, version_id: UUID, *, seen: Status = Status.ACCEPTED) -> Published:
    """Publish an accepted version. Publishing what is already published changes nothing and answers the same.

    `seen` is the state in which somebody agreed: what was not accepted then, nobody agreed to publish.
    """
    async with deps.database.write() as tx:
        paper, version = await lock_version(tx, version_id)
        may(actor, Action.PUBLISH, Subject(owner_id=paper.owner_id))
        if Status(version.status) is not Status.PUBLISHED:
            check_transition(seen, Status.PUBLISHED)
            await _publish(deps, tx, actor, paper, version)
        assert paper.yymm is not None
        assert paper.number is not None
        ref = VersionRef(AixivId(paper.yymm, paper.number), version.n)
        return Published(paper_id=paper.id, version_id=version.id, identifier=str(ref))


async def _publish(deps: Deps, tx: Transaction, actor: Actor, paper: Paper, version: Version) -> None:
    now = deps.clock()
    before = await tx.session.scalar(
        select(Version).where(Version.paper_id == paper.id, Version.status == Status.PUBLISHED.value).with_for_update()
    )
    if before is not None:
        move(tx, before, Status.SUPERSEDED, actor=actor, now=now, by=version.n)
        await tx.session.flush()
    if paper.number is None:
        issued = AixivId.issue(now, await _next_number(tx, f"{now:%y%m}"))
        paper.yymm, paper.number = issued.yymm, issued.number
        tx.record(
            Event(
                tag=Tag.VERSION_NUMBERED,
                actor=actor.label,
                at=now,
                paper_id=paper.id,
                version_id=version.id,
                data={"identifier": str(issued)},
            )
        )
    move(tx, version, Status.PUBLISHED, actor=actor, now=now)


async def _next_number(tx: Transaction, yymm: str) -> int:
    """The next number of this month, given out once even under concurrent publications."""
    counter = insert(NumberCounter).values(yymm=yymm, last=1)
    bumped = counter.on_conflict_do_update(
        index_elements=[NumberCounter.yymm], set_={"last": NumberCounter.last + 1}
    ).returning(NumberCounter.last)
    number = await tx.session.scalar(bumped)
    assert number is not None  # an upsert with RETURNING gives its row
    return number
