"""Is the log what was written? Recomputes every hash of the chain."""

from collections.abc import AsyncIterator
from datetime import UTC

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from aixiv.db.event import EventRow
from aixiv.domain.events import GENESIS, Event, Tag, chain_hash

_BATCH = 1000


class LogVerdict(Struct, frozen=True, kw_only=True):
    """Outcome of a verification. `head` is the hash of the last good event.

    The chain alone cannot show that its newest events were cut off; comparing `head` and `events` with a copy noted
    elsewhere does.
    """

    ok: bool
    events: int
    head: str
    first_bad_seq: int | None
    reason: str


async def verify_log(session: AsyncSession) -> LogVerdict:
    """Check every event in order and stop at the first that is not what it was."""
    count, head = 0, GENESIS
    async for row in _rows(session):
        reason = _fault(row, expected_seq=count + 1, previous=head)
        if reason:
            first_bad = min(row.seq, count + 1)
            return LogVerdict(ok=False, events=count, head=head, first_bad_seq=first_bad, reason=reason)
        count, head = count + 1, row.hash
    return LogVerdict(ok=True, events=count, head=head, first_bad_seq=None, reason="")


async def _rows(session: AsyncSession) -> AsyncIterator[EventRow]:
    query = select(EventRow).order_by(EventRow.seq).limit(_BATCH)
    following = query
    while True:
        batch = (await session.scalars(following)).all()
        for row in batch:
            yield row
        if len(batch) < _BATCH:
            return
        following = query.where(EventRow.seq > batch[-1].seq)
        session.expunge_all()


def _fault(row: EventRow, *, expected_seq: int, previous: str) -> str:
    """What is wrong with this row, or an empty string."""
    if row.seq < expected_seq:
        return "it has a number that the log never gives"
    if row.seq > expected_seq:
        return f"event {expected_seq} is missing"
    if row.previous != previous:
        return "it does not follow the event before it"
    try:
        tag = Tag(row.tag)
    except ValueError:
        return f"{row.tag!r} is not a kind of event"
    event = Event(
        tag=tag,
        actor=row.actor,
        at=row.at.astimezone(UTC),
        paper_id=row.paper_id,
        version_id=row.version_id,
        data=row.data,
    )
    return "" if chain_hash(event, previous) == row.hash else "its content was changed"
