"""Limits: counted exactly, however many hits come at once."""

import asyncio
from datetime import timedelta

import pytest

from aixiv.deps import Deps
from aixiv.domain.errors import RateLimited
from aixiv.usecases.rates import HOUR, MINUTE, Allowance, count, count_apart
from tests.fixtures.deps import Clock

pytestmark = pytest.mark.anyio


async def test_of_twenty_hits_at_once_exactly_the_limit_passes(deps: Deps) -> None:
    hits = await asyncio.gather(*(count_apart(deps, ("b", 7, HOUR)) for _ in range(20)), return_exceptions=True)
    left = [hit.remaining for hit in hits if isinstance(hit, Allowance)]
    assert sorted(left) == [0, 1, 2, 3, 4, 5, 6]
    assert sum(isinstance(hit, RateLimited) for hit in hits) == 13


async def test_a_new_window_starts_when_the_refusal_said(deps: Deps, clock: Clock) -> None:
    clock.advance(timedelta(minutes=17, seconds=3))
    await count_apart(deps, ("b", 1, HOUR))
    with pytest.raises(RateLimited) as limited:
        await count_apart(deps, ("b", 1, HOUR))
    assert limited.value.retry_after == 43 * 60 - 3
    clock.advance(timedelta(seconds=limited.value.retry_after - 1))
    with pytest.raises(RateLimited):
        await count_apart(deps, ("b", 1, HOUR))
    clock.advance(timedelta(seconds=1))
    assert (await count_apart(deps, ("b", 1, HOUR))).remaining == 0


async def test_a_hit_counts_only_with_the_transaction_it_was_made_in(deps: Deps) -> None:
    async def fail() -> None:
        async with deps.database.write() as tx:
            await count(tx, "b", limit=1, window=HOUR, now=deps.clock())
            raise RuntimeError("what the hit was for did not happen")

    with pytest.raises(RuntimeError):
        await fail()
    assert (await count_apart(deps, ("b", 1, HOUR))).remaining == 0


async def test_several_limits_answer_with_the_tightest_and_count_all_or_none(deps: Deps) -> None:
    buckets = (("wide", 10, HOUR), ("narrow", 2, MINUTE))
    assert await count_apart(deps, *buckets) == Allowance(limit=2, remaining=1, reset_seconds=60)
    await count_apart(deps, *buckets)
    with pytest.raises(RateLimited, match="2 in one minute"):
        await count_apart(deps, *buckets)
    assert (await count_apart(deps, ("wide", 10, HOUR))).remaining == 7
