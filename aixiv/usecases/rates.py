"""How often somebody may do something: fixed windows, counted by one atomic upsert, so that no two hits share a number.

A fixed window lets through at most twice the limit across its edge; that is good enough for quotas and for guessing
passwords, and it costs one row.
"""

import math
from datetime import UTC, datetime, timedelta

from msgspec import Struct
from sqlalchemy.dialects.postgresql import insert

from aixiv.db import Transaction
from aixiv.db.account import RateCounter
from aixiv.deps import Deps
from aixiv.domain.errors import RateLimited

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


class Allowance(Struct, frozen=True, kw_only=True):
    """What is left of a limit: calls in this window, and seconds until the next one."""

    limit: int
    remaining: int
    reset_seconds: int


async def count(tx: Transaction, bucket: str, *, limit: int, window: timedelta, now: datetime) -> Allowance:
    """Count one hit in this transaction, or raise `RateLimited` when the limit was reached before it."""
    start = now - (now - _EPOCH) % window
    reset = max(1, math.ceil((start + window - now).total_seconds()))
    hit = insert(RateCounter).values(bucket=bucket, window_start=start, count=1)
    counted = hit.on_conflict_do_update(
        index_elements=[RateCounter.bucket, RateCounter.window_start], set_={"count": RateCounter.count + 1}
    ).returning(RateCounter.count)
    total = (await tx.session.execute(counted)).scalar_one()
    if total > limit:
        raise RateLimited(f"Too often: the limit is {limit} in {_words(window)}.", retry_after=reset)
    return Allowance(limit=limit, remaining=limit - total, reset_seconds=reset)


async def count_apart(deps: Deps, *buckets: tuple[str, int, timedelta]) -> Allowance:
    """Count one hit in each (bucket, limit, window), in a transaction of its own.

    The hit stays counted though what follows fails, as a wrong password must. Callers name buckets in one fixed order,
    so that two of them never wait for each other. The answer is the tightest allowance.
    """
    now = deps.clock()
    async with deps.database.write() as tx:
        left = [await count(tx, bucket, limit=limit, window=window, now=now) for bucket, limit, window in buckets]
    return min(left, key=lambda allowance: allowance.remaining)


async def left(deps: Deps, bucket: str, *, limit: int, window: timedelta) -> Allowance:
    """What is left of a limit now, counting nothing."""
    now = deps.clock()
    start = now - (now - _EPOCH) % window
    async with deps.database.read() as session:
        row = await session.get(RateCounter, (bucket, start))
    reset = max(1, math.ceil((start + window - now).total_seconds()))
    return Allowance(limit=limit, remaining=max(0, limit - (row.count if row else 0)), reset_seconds=reset)


def _words(window: timedelta) -> str:
    seconds = int(window.total_seconds())
    for size, name in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds % size == 0:
            number = seconds // size
            return f"one {name}" if number == 1 else f"{number} {name}s"
    return f"{seconds} seconds"
