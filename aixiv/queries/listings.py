"""Lists and search: the newest visible version of each paper, filtered, sorted, page by page with a cursor."""

import base64
import hashlib
import hmac
from collections.abc import Collection
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import Float, and_, cast, exists, func, literal, not_, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from aixiv.db.paper import Paper, Version, VersionAuthor
from aixiv.db.visible import visible
from aixiv.domain.errors import Invalid
from aixiv.domain.paper import Status
from aixiv.domain.people import Actor
from aixiv.queries.papers import VersionCard, card_query, cards_with_authors
from review.manuscript import Kind

Sort = Literal["newest", "oldest", "relevance"]
MAX_LIMIT = 100


class Filter(Struct, frozen=True, kw_only=True):
    """What a list is narrowed to; empty fields narrow nothing."""

    query: str = ""
    kind: Kind | None = None
    category: str = ""  # a path; everything below it counts
    author: str = ""
    status: Status | None = None
    since: datetime | None = None
    mine: bool = False
    sort: Sort = "newest"
    limit: int = 20
    cursor: str = ""


class Page(Struct, frozen=True, kw_only=True):
    """One page of a list; `next` is the cursor of the following page, None on the last. `total` counts all pages."""

    items: tuple[VersionCard, ...]
    next: str | None
    total: int


async def list_papers(session: AsyncSession, actor: Actor, asked: Filter, *, key: bytes) -> Page:
    """The newest version of each paper that `actor` may see and the filter lets through. `key` signs cursors."""
    if not 1 <= asked.limit <= MAX_LIMIT:
        raise Invalid(f"limit is 1 to {MAX_LIMIT}.", code="limit")
    if "\0" in asked.query + asked.author + asked.category:
        raise Invalid("No work contains a NUL character.", code="nul_character")
    sort = "newest" if asked.sort == "relevance" and not asked.query.strip() else asked.sort
    rank = _rank(asked.query) if sort == "relevance" else literal(0.0, Float)
    where = [visible(actor), _newest_visible(actor), *_narrowed(actor, asked)]
    total = await session.scalar(
        select(func.count()).select_from(Version).join(Paper, Paper.id == Version.paper_id).where(*where)
    )
    place = tuple_(rank, Version.submitted_at, Version.id)
    query = card_query().add_columns(rank.label("rank")).where(*where)
    if asked.cursor:
        seen = tuple_(*_read_cursor(asked.cursor, key, sort))
        query = query.where(place > seen if sort == "oldest" else place < seen)
    order = [rank, Version.submitted_at, Version.id]
    query = query.order_by(*(order if sort == "oldest" else [c.desc() for c in order])).limit(asked.limit + 1)
    rows = (await session.execute(query)).all()
    shown = rows[: asked.limit]
    more = len(rows) > asked.limit
    return Page(
        items=tuple(await cards_with_authors(session, shown)),
        next=_write_cursor(shown[-1], key, sort) if more else None,
        total=int(total or 0),
    )


async def counts_by_status(session: AsyncSession, actor: Actor) -> dict[Status, int]:
    """How many papers the actor may see stand where, by the status of their newest visible version."""
    rows = await session.execute(
        select(Version.status, func.count())
        .join(Paper, Paper.id == Version.paper_id)
        .where(visible(actor), _newest_visible(actor))
        .group_by(Version.status)
    )
    return {Status(status): count for status, count in rows}


async def newest_by_status(
    session: AsyncSession, actor: Actor, own: Collection[Status], others: Collection[Status], *left_out: Any, most: int
) -> tuple[dict[Status, list[VersionCard]], dict[Status, list[VersionCard]]]:
    """By status, newest first, at most `most` each: the actor's own papers in the states `own`, and those of other
    people in the states `others` without what `left_out` says. One query, whatever is asked for.
    """
    mine = Paper.owner_id == actor.user_id
    asked = or_(
        and_(mine, Version.status.in_(list(own))),
        and_(not_(mine), Version.status.in_(list(others)), *left_out),
    )
    newest_first = (Version.submitted_at.desc(), Version.id.desc())
    place = func.row_number().over(partition_by=(mine, Version.status), order_by=newest_first).label("place")
    placed = (
        select(Version.id, place)
        .join(Paper, Paper.id == Version.paper_id)
        .where(visible(actor), _newest_visible(actor), asked)
        .subquery()
    )
    query = card_query().add_columns(mine.label("mine")).join(placed, placed.c.id == Version.id)
    rows = (await session.execute(query.where(placed.c.place <= most).order_by(*newest_first))).all()
    found: tuple[dict[Status, list[VersionCard]], dict[Status, list[VersionCard]]] = {}, {}
    for row, card in zip(rows, await cards_with_authors(session, rows), strict=True):
        found[0 if row.mine else 1].setdefault(card.status, []).append(card)
    return found


def _newest_visible(actor: Actor) -> Any:
    newer = aliased(Version)
    later = select(newer.id).where(newer.paper_id == Version.paper_id, newer.n > Version.n, visible(actor, newer))
    return ~exists(later.correlate(Version, Paper))


def _narrowed(actor: Actor, asked: Filter) -> list[Any]:
    where: list[Any] = []
    if asked.query.strip():
        where.append(Version.search.op("@@")(func.websearch_to_tsquery("english", asked.query)))
    if asked.kind:
        where.append(Paper.kind == asked.kind)
    if asked.category:
        below = asked.category.rstrip("/") + "/"
        unnested = func.unnest(Version.categories).table_valued("value").render_derived()
        where.append(
            exists(
                select(1)
                .select_from(unnested)
                .where(or_(unnested.c.value == asked.category, func.starts_with(unnested.c.value, below)))
            )
        )
    if asked.author:
        where.append(
            exists(
                select(1).where(
                    VersionAuthor.version_id == Version.id,
                    func.lower(VersionAuthor.name).contains(asked.author.lower(), autoescape=True),
                )
            )
        )
    if asked.status:
        where.append(Version.status == asked.status.value)
    if asked.since:
        where.append(Version.submitted_at >= asked.since)
    if asked.mine:
        where.append(Paper.owner_id == actor.user_id)
    return where


def _rank(query: str) -> Any:
    return cast(func.ts_rank_cd(Version.search, func.websearch_to_tsquery("english", query)), Float)


def _write_cursor(row: Any, key: bytes, sort: str) -> str:
    body = msgspec.json.encode([sort, float(row.rank), row.Version.submitted_at, row.Version.id])
    return base64.urlsafe_b64encode(_seal(body, key) + body).decode().rstrip("=")


def _read_cursor(cursor: str, key: bytes, sort: str) -> tuple[float, datetime, UUID]:
    refusal = Invalid("This cursor is not from this list.", code="cursor", hint="Start again without a cursor.")
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        body = raw[16:]
        if not hmac.compare_digest(raw[:16], _seal(body, key)):
            raise refusal
        kind, rank, at, version_id = msgspec.json.decode(body, type=tuple[str, float, datetime, UUID])
    except (ValueError, msgspec.DecodeError) as error:
        raise refusal from error
    if kind != sort:
        raise refusal
    return rank, at, version_id


def _seal(body: bytes, key: bytes) -> bytes:
    return hmac.digest(key, b"cursor" + body, hashlib.sha256)[:16]
