"""Works of the bibliographic index, and notices of the list of retractions, that entries may mean."""

from collections.abc import Mapping

from sqlalchemy import Integer, Text, column, exists, func, or_, select, true, values
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from aixiv.db.works import KnownWork, RetractedWork
from review.references import Entry, Work
from review.references.keys import arxiv_key, doi_key, title_keys
from review.references.known import Notice

MOST = 60  # of one lookup: a short head such as “a survey of” has many works


async def candidates(session: AsyncSession, entries: Mapping[int, Entry]) -> dict[int, tuple[Work, ...]]:
    """For each entry the works with its title, its first or last words, its DOI or its arXiv identifier; the same title
    first. One query for all of them."""
    rows = [(number, *_keys(entry)) for number, entry in entries.items() if any(_keys(entry))]
    if not rows:
        return {}
    names = ("whole", "doi", "arxiv", "head", "tail")
    asked = values(column("number", Integer), *(column(n, Text) for n in names), name="asked").data(rows)
    columns = (KnownWork.title_key, KnownWork.doi, KnownWork.arxiv, KnownWork.head_key, KnownWork.tail_key)
    near = (
        select(KnownWork)
        .where(or_(*(known == asked.c[name] for known, name in zip(columns, names, strict=True))))
        .order_by((KnownWork.title_key == func.coalesce(asked.c.whole, "")).desc(), KnownWork.id)
        .limit(MOST)
        .lateral("near")
    )
    work = aliased(KnownWork, near)
    found: dict[int, list[Work]] = {}
    for number, row in await session.execute(select(asked.c.number, work).select_from(asked).join(near, true())):
        found.setdefault(number, []).append(_work(row))
    return {number: tuple(works) for number, works in found.items()}


def _keys(entry: Entry) -> tuple[str | None, ...]:
    keys = title_keys(entry.title)
    all_of_them = (keys.whole, doi_key(entry.doi), arxiv_key(entry.arxiv), keys.head, keys.tail)
    return tuple(key or None for key in all_of_them)


async def notices(session: AsyncSession, entries: Mapping[int, Entry]) -> dict[int, tuple[Notice, ...]] | None:
    """For each entry the notices with its DOI or its title; None when no list of retractions was imported."""
    if not await session.scalar(select(exists(select(RetractedWork.id)))):
        return None
    dois = {doi_key(e.doi) for e in entries.values() if e.doi}
    titles = {title_keys(e.title).whole for e in entries.values() if e.title}
    rows = await session.scalars(
        select(RetractedWork)
        .where(or_(RetractedWork.doi.in_(dois), RetractedWork.title_key.in_(titles)))
        .order_by(RetractedWork.id)
    )
    found: dict[int, list[Notice]] = {}
    for row in rows:
        for number, entry in entries.items():
            if (row.doi and row.doi == doi_key(entry.doi)) or row.title_key == title_keys(entry.title).whole:
                found.setdefault(number, []).append(_notice(row))
    return {number: tuple(rows) for number, rows in found.items()}


async def count_works(session: AsyncSession) -> dict[str, int]:
    """How many works of each source the index holds."""
    rows = await session.execute(select(KnownWork.source, func.count().label("works")).group_by(KnownWork.source))
    return {row.source: row.works for row in rows}


def _work(row: KnownWork) -> Work:
    return Work(
        title=row.title,
        families=tuple(row.families),
        complete=row.complete,
        years=tuple(row.years),
        venues=tuple(row.venues),
        doi=row.doi or "",
        arxiv=row.arxiv or "",
        source=row.source,
    )


def _notice(row: RetractedWork) -> Notice:
    return Notice(
        title=row.title,
        nature=row.nature,
        families=tuple(row.families),
        doi=row.doi or "",
        reason=row.reason,
        retracted_on=row.retracted_on,
        notice_doi=row.notice_doi or "",
    )
