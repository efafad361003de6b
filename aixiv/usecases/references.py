"""Filling the bibliographic index from dumps, and the list of retractions, in batches small enough for any machine."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from aixiv.db import Database
from aixiv.db.works import KnownWork, RetractedWork
from review.references.dumps import Record
from review.references.keys import title_keys
from review.references.retracted import Retracted

BATCH = 1000  # works of one transaction
LONGEST = 2000  # characters of one field: an index holds no longer ones
T = TypeVar("T")


async def import_works(database: Database, records: Iterable[Record]) -> int:
    """Add or replace works; the same dump twice changes nothing. Returns how many were read.

    Each batch is its own transaction: an interrupted import keeps what it did and may simply be started again.
    """
    read = 0
    for batch in _batches(records):
        rows = {(row["source"], row["source_id"]): row for row in map(_row, batch)}
        statement = insert(KnownWork).values(list(rows.values()))
        replaced = {
            name: statement.excluded[name] for name in next(iter(rows.values())) if not name.startswith("source")
        }
        async with database.write() as tx:
            await tx.session.execute(
                statement.on_conflict_do_update(index_elements=["source", "source_id"], set_=replaced)
            )
        read += len(batch)
    return read


async def import_retractions(database: Database, notices: Iterable[Retracted]) -> int:
    """Add or replace notices of a list of retractions; returns how many are held then. Batches as above."""
    for batch in _batches(notices):
        rows = {item.id: _notice_row(item) for item in batch}
        statement = insert(RetractedWork).values(list(rows.values()))
        replaced = {name: statement.excluded[name] for name in next(iter(rows.values())) if name != "source_id"}
        async with database.write() as tx:
            await tx.session.execute(statement.on_conflict_do_update(index_elements=["source_id"], set_=replaced))
    async with database.read() as session:
        return int(await session.scalar(select(func.count()).select_from(RetractedWork)) or 0)


def _batches(records: Iterable[T]) -> Iterator[list[T]]:
    left = iter(records)
    while batch := list(islice(left, BATCH)):
        yield batch


def _row(record: Record) -> dict[str, Any]:
    work, keys = record.work, title_keys(record.work.title)
    return {
        "source": work.source,
        "source_id": _storable(record.id),
        "title": _storable(work.title),
        "title_key": keys.whole,
        "head_key": keys.head or None,
        "tail_key": keys.tail or None,
        "families": [_storable(f) for f in work.families if f],
        "complete": work.complete,
        "years": list(work.years),
        "venues": [_storable(v) for v in work.venues],
        "doi": _storable(work.doi) or None,
        "arxiv": _storable(work.arxiv) or None,
    }


def _storable(text: str) -> str:
    """Text without what a database cannot hold: NUL and halves of characters, which JSON can write."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()[:LONGEST]


def _notice_row(item: Retracted) -> dict[str, Any]:
    notice = item.notice
    return {
        "source_id": item.id,
        "title": notice.title,
        "title_key": title_keys(notice.title).whole,
        "families": list(notice.families),
        "doi": notice.doi or None,
        "nature": notice.nature,
        "reason": notice.reason,
        "retracted_on": notice.retracted_on,
        "notice_doi": notice.notice_doi or None,
    }
