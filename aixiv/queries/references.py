"""Works of the bibliographic index that an entry may mean."""

from collections.abc import Sequence

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from aixiv.db.works import KnownWork
from review.references import Entry, Work
from review.references.keys import arxiv_key, doi_key, title_keys

MOST = 60  # of one lookup: a short head such as “a survey of” has many works


async def candidates(session: AsyncSession, entry: Entry) -> Sequence[Work]:
    """Works with the entry's title, its first or last words, its DOI or its arXiv identifier; the same title first."""
    keys = title_keys(entry.title)
    same = [
        column == value
        for column, value in (
            (KnownWork.title_key, keys.whole),
            (KnownWork.doi, doi_key(entry.doi)),
            (KnownWork.arxiv, arxiv_key(entry.arxiv)),
            (KnownWork.head_key, keys.head),
            (KnownWork.tail_key, keys.tail),
        )
        if value
    ]
    if not same:
        return ()
    first = (KnownWork.title_key == keys.whole).desc()
    rows = await session.scalars(select(KnownWork).where(or_(*same)).order_by(first, KnownWork.id).limit(MOST))
    return tuple(_work(row) for row in rows)


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
