"""What happened to a paper, from the event log, in words; and the same as a stream while it happens."""

from collections import defaultdict
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from aixiv.db.event import EventRow
from aixiv.db.review import Run
from aixiv.domain.events import Tag
from aixiv.queries.papers import PaperCard

SENTENCES: dict[str, str] = {
    Tag.PAPER_CREATED: "The work was entered.",
    Tag.VERSION_SUBMITTED: "Version {n} was submitted ({file}, {size} bytes).",
    Tag.VERSION_INGESTED: "Version {n} was read: {sections} sections, {references} references.",
    Tag.VERSION_MOVED: "Version {n}: {from} → {to}.{reason}",
    Tag.VERSION_NUMBERED: "The work received the identifier {identifier}.",
    Tag.REVIEW_REQUESTED: "The review of version {n} was asked for again.",
    Tag.REVIEW_STARTED: "Review of version {n} began.",
    Tag.REVIEW_COMPLETED: "Review of version {n} ended with {reports} reports.",
    Tag.REVIEW_FAILED: "Review of version {n} could not be finished:{reason}",
    Tag.REPORT_WRITTEN: "A reviewer wrote a report on version {n}.",
    Tag.DECISION_MADE: "Decision on version {n}: {outcome} (by {by}).{reason}",
    Tag.COMMENT_WRITTEN: "A comment on version {n}.",
    Tag.COMMENT_REMOVED: "A comment on version {n} was removed.",
}
HIDDEN_DATA = frozenset({"run", "parsed", "report", "via"})


class TimelineEntry(Struct, frozen=True, kw_only=True):
    """One event of a paper. `hash` lets a reader check it against the chained log."""

    seq: int
    at: datetime
    tag: str
    actor: str  # author, editor, platform, reviewer: a part played, never an identity
    version: int | None
    text: str
    data: dict[str, Any]
    hash: str


async def timeline(
    session: AsyncSession, paper: PaperCard, *, after: int = 0, limit: int = 500
) -> tuple[TimelineEntry, ...]:
    """Events of the versions on the card (those its reader may see), oldest first, behind sequence number `after`."""
    numbers = {version.id: version.n for version in paper.versions}
    rows = await session.scalars(
        select(EventRow)
        .where(
            EventRow.paper_id == paper.id,
            EventRow.seq > after,
            EventRow.version_id.is_(None) | EventRow.version_id.in_(numbers),
        )
        .order_by(EventRow.seq)
        .limit(limit)
    )
    shown = []
    for row in rows:
        n = numbers.get(row.version_id) if row.version_id else None
        shown.append(
            TimelineEntry(
                seq=row.seq,
                at=row.at,
                tag=row.tag,
                actor=_part(row),
                version=n,
                text=_words(row, n),
                data={k: v for k, v in row.data.items() if k not in HIDDEN_DATA},
                hash=row.hash,
            )
        )
    return tuple(shown)


class Progressing(Struct, frozen=True, kw_only=True):
    """A running review's state, for progress bars and streams."""

    run_id: UUID
    version: int
    step: str
    message: str
    percent: int


async def progress(session: AsyncSession, paper: PaperCard) -> Progressing | None:
    """The run that is under way for one of the versions the actor sees, or None."""
    numbers = {version.id: version.n for version in paper.versions}
    run = await session.scalar(select(Run).where(Run.version_id.in_(numbers), Run.status == "running").limit(1))
    if run is None:
        return None
    return Progressing(
        run_id=run.id, version=numbers[run.version_id], step=run.step, message=run.message, percent=run.percent
    )


def _part(row: EventRow) -> str:
    if row.actor == "system":
        return "platform"
    if row.tag == Tag.REPORT_WRITTEN:
        return "reviewer"
    if row.tag in (Tag.PAPER_CREATED, Tag.VERSION_SUBMITTED):
        return "author"
    if row.tag == Tag.DECISION_MADE or row.data.get("from") == "held":
        return "editor"
    return "author or editor" if row.tag == Tag.VERSION_MOVED else "reader"


def _words(row: EventRow, n: int | None) -> str:
    sentence = SENTENCES.get(row.tag)
    known = defaultdict(str, row.data)
    known["from"], known["to"] = _plain(known["from"]), _plain(known["to"])
    known["reason"] = f" {known['reason']}" if known["reason"] else ""
    return sentence.format_map(defaultdict(str, {**known, "n": n})).strip() if sentence else str(row.tag)


def _plain(status: Any) -> str:
    return str(status).replace("_", " ")
