"""What was lost is found again, and what is over is removed."""

import asyncio
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from aixiv.db.account import IdempotencyRecord, RateCounter, Session, SigninLink
from aixiv.deps import Deps
from aixiv.domain.ids import new_id
from aixiv.domain.paper import Status
from aixiv.usecases.housekeeping import KEEP_ANSWERS, remove_expired, requeue_lost
from aixiv.usecases.ingest import ingest_version
from aixiv.usecases.review import review_version
from tests.fixtures.deps import Clock, ScriptedReviewer
from tests.fixtures.people import person, stored_version
from tests.fixtures.works import a_round, live_jobs, lose_jobs, rows, status, submit, work_off

pytestmark = pytest.mark.anyio

LONG_AGO = timedelta(minutes=5)


@pytest.mark.parametrize("step", ["ingest.run", "review.run", "publish.run"])
async def test_a_version_whose_job_vanished_goes_on_where_it_was(
    deps: Deps, clock: Clock, tmp_path: Path, reviewer: ScriptedReviewer, step: str
) -> None:
    url, reviewer.answers = deps.settings.database_url, [a_round("accept")]
    first = await submit(deps, await person(deps), tmp_path)
    if step != "ingest.run":
        await ingest_version(deps, first.version_id)
    if step == "publish.run":
        await review_version(deps, first.version_id)
    lose_jobs(url)
    clock.advance(LONG_AGO)
    assert await requeue_lost(deps) == [first.version_id]
    assert live_jobs(url) == [(step, str(first.version_id))]
    assert await requeue_lost(deps) == []
    await work_off(deps)
    assert await status(deps, first.version_id) is Status.PUBLISHED


async def test_many_sweeps_at_once_defer_a_step_once(deps: Deps, clock: Clock, tmp_path: Path) -> None:
    owner = await person(deps)
    lost = {(await submit(deps, owner, tmp_path)).version_id for _ in range(3)}
    lose_jobs(deps.settings.database_url)
    clock.advance(LONG_AGO)
    found = await asyncio.gather(*(requeue_lost(deps) for _ in range(4)))
    assert sorted(v for one in found for v in one) == sorted(lost)
    assert len(live_jobs(deps.settings.database_url)) == 3


async def test_what_has_a_job_waits_for_a_person_or_is_new_is_left_alone(
    deps: Deps, clock: Clock, tmp_path: Path
) -> None:
    owner = await person(deps)
    await submit(deps, owner, tmp_path)
    editorial = await stored_version(deps, owner, Status.ACCEPTED)
    with psycopg.connect(deps.settings.database_url) as connection:
        query = "UPDATE papers SET track = 'editorial' WHERE id = (SELECT paper_id FROM versions WHERE id = %s)"
        connection.execute(query, [editorial])
    for left in (Status.HELD, Status.REVISION_REQUESTED, Status.PUBLISHED, Status.WITHDRAWN):
        await stored_version(deps, owner, left)
    clock.advance(LONG_AGO)
    await stored_version(deps, owner, Status.SUBMITTED)
    assert await requeue_lost(deps) == []


async def test_what_is_over_is_removed_and_what_is_not_stays(deps: Deps, clock: Clock) -> None:
    owner = await person(deps)
    assert owner.user_id is not None
    now, hour = clock(), timedelta(hours=1)
    async with deps.database.write() as tx:
        for name, ends in (("over", now - hour), ("kept", now + hour)):
            made = {"user_id": owner.user_id, "created_at": now - 2 * hour, "expires_at": ends}
            tx.session.add_all([Session(token_hash=name, **made), SigninLink(token_hash=name, **made)])
        for name, at in (("over", now - KEEP_ANSWERS - hour), ("kept", now - KEEP_ANSWERS + hour)):
            tx.session.add(
                IdempotencyRecord(
                    actor=str(new_id()), key=name, operation="", content_hash="", answer="", created_at=at
                )
            )
        for name, days in (("over", 3), ("kept", 1)):
            tx.session.add(RateCounter(bucket=name, window_start=now - timedelta(days=days), count=1))
    await remove_expired(deps)
    assert [row.token_hash for row in await rows(deps, Session)] == ["kept"]  # type: ignore[attr-defined]
    assert [row.token_hash for row in await rows(deps, SigninLink)] == ["kept"]  # type: ignore[attr-defined]
    assert [row.key for row in await rows(deps, IdempotencyRecord)] == ["kept"]  # type: ignore[attr-defined]
    assert [row.bucket for row in await rows(deps, RateCounter)] == ["kept"]  # type: ignore[attr-defined]
