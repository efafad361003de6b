"""The platform's own corpus: works near a text, by words and by meaning, and works that share its wording."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct
from sqlalchemy import BigInteger, ColumnElement, Row, and_, cast, func, literal, or_, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from aixiv.db.paper import Paper, Version
from aixiv.db.works import VersionSketch
from aixiv.domain.ids import AixivId, VersionRef
from aixiv.domain.paper import Status

DEPTH = 30  # works each ranking hands to the fusion
FUSION = 60  # reciprocal rank fusion: a work counts 1 / (FUSION + rank) in each ranking it is in
NEAR = 0.25  # cosine below which a work is not near in meaning, whatever words it shares
MOST_SHARING = 20


class Near(Struct, frozen=True, kw_only=True):
    """A published work near a text. `similarity` is the cosine of the two vectors, or None without vectors."""

    id: AixivId
    title: str
    published_at: datetime
    similarity: float | None


class Sharing(Struct, frozen=True, kw_only=True):
    """A version that shares sampled wording; `id` and `title` only where it was published."""

    paper_id: UUID
    id: VersionRef | None
    title: str
    hashes: tuple[int, ...]


async def related_published(
    session: AsyncSession, words: str, embedding: Sequence[float] | None, *, but: UUID, limit: int
) -> tuple[Near, ...]:
    """Published works near a text, without paper `but`: the rankings by words and by vector fused, best first."""
    published = and_(Version.status == Status.PUBLISHED.value, Paper.id != but, Paper.number.is_not(None))
    distance = Version.embedding.cosine_distance(list(embedding)) if embedding is not None else None
    by_meaning: Sequence[Row[Any]] = ()
    if distance is not None:
        by_meaning = await _ranked(session, published & Version.embedding.is_not(None), distance, distance)
    by_words: Sequence[Row[Any]] = ()
    if asked := any_of(words):
        query = func.to_tsquery("english", asked)
        rank = func.ts_rank_cd(Version.search, query, 1).desc()
        by_words = await _ranked(session, published & Version.search.op("@@")(query), rank, distance)
    rows = {row.id: row for row in (*by_words, *by_meaning)}
    score = dict.fromkeys(rows, 0.0)
    for ranking in (by_meaning, by_words):
        for place, row in enumerate(ranking, start=1):
            score[row.id] += 1 / (FUSION + place)
    near = [_near(rows[key]) for key in sorted(rows, key=lambda key: (-score[key], str(key)))]
    return tuple(n for n in near if n.similarity is None or n.similarity >= NEAR)[:limit]


async def _ranked(
    session: AsyncSession, where: ColumnElement[bool], order: Any, distance: ColumnElement[Any] | None
) -> Sequence[Row[Any]]:
    shown: list[Any] = [Version.id, Paper.yymm, Paper.number, Version.title, Version.published_at]
    if distance is not None:
        shown.append(distance.label("distance"))
    query = select(*shown).join(Paper, Paper.id == Version.paper_id).where(where)
    return (await session.execute(query.order_by(order, Version.id).limit(DEPTH))).all()


def _near(row: Row[Any]) -> Near:
    distance = getattr(row, "distance", None)
    return Near(
        id=AixivId(row.yymm, row.number),
        title=row.title,
        published_at=row.published_at,
        similarity=None if distance is None else round(1 - distance, 3),
    )


def any_of(words: str) -> str:
    """A text search query that any of these words satisfies, or an empty string."""
    distinct = dict.fromkeys(w.lower() for w in re.findall(r"[^\W_]{3,}", words))
    return " | ".join(distinct)


async def sharing(session: AsyncSession, hashes: Sequence[int], *, paper_id: UUID, fewest: int) -> tuple[Sharing, ...]:
    """Versions of earlier papers with at least `fewest` of these hashes: once published, or of another owner.

    Papers that came after `paper_id` are left out: the later of two is the one that is compared.
    """
    own = await session.get_one(Paper, paper_id)
    asked = cast(list(hashes), ARRAY(BigInteger))
    each = func.unnest(VersionSketch.hashes).table_valued("hash").render_derived(name="each")
    count = select(func.count()).select_from(each).where(each.c.hash == func.any(asked))
    common = count.correlate(VersionSketch).scalar_subquery()
    rows = await session.execute(
        select(Version.title, Version.n, Version.published_at, Paper.id, Paper.yymm, Paper.number, VersionSketch.hashes)
        .select_from(VersionSketch)
        .join(Version, Version.id == VersionSketch.version_id)
        .join(Paper, Paper.id == Version.paper_id)
        .where(
            VersionSketch.hashes.overlap(asked),
            common >= fewest,
            Paper.id != paper_id,
            tuple_(Paper.created_at, Paper.id) < tuple_(literal(own.created_at), literal(own.id)),
            or_(Version.published_at.is_not(None), Paper.owner_id != own.owner_id),
        )
        .order_by(common.desc(), Version.id)
        .limit(MOST_SHARING)
    )
    return tuple(
        Sharing(
            paper_id=row.id,
            id=VersionRef(AixivId(row.yymm, row.number), row.n) if row.published_at and row.number else None,
            title=row.title if row.published_at and row.number else "",
            hashes=tuple(row.hashes),
        )
        for row in rows
    )
