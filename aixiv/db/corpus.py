"""The platform's own corpus as vectors: which published works are near a text."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncSession

from aixiv.db.paper import Paper, Version
from aixiv.domain.paper import Status


async def nearest_published(
    session: AsyncSession, embedding: Sequence[float], *, but: UUID | None, limit: int
) -> Sequence[Row[Any]]:
    """Published versions nearest to `embedding` by cosine distance, without paper `but`; rows
    (paper_id, yymm, number, title, published_at, distance)."""
    distance = Version.embedding.cosine_distance(list(embedding)).label("distance")
    query = (
        select(Paper.id.label("paper_id"), Paper.yymm, Paper.number, Version.title, Version.published_at, distance)
        .join(Paper, Paper.id == Version.paper_id)
        .where(Version.status == Status.PUBLISHED.value, Version.embedding.is_not(None))
        .order_by(distance)
        .limit(limit)
    )
    if but is not None:
        query = query.where(Paper.id != but)
    return (await session.execute(query)).all()
