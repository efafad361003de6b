"""Transactions: all or nothing, readers that cannot write, and outages that are called outages."""

import asyncio
from collections.abc import AsyncIterator

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from aixiv.db import Database, uow
from aixiv.deps import Deps
from aixiv.domain.errors import Unavailable
from aixiv.domain.events import Event, Tag
from aixiv.queue import INGEST, Deferrer, make_queue
from tests.fixtures.works import row_counts

pytestmark = pytest.mark.anyio


@pytest.fixture
async def small(deps: Deps, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Database]:
    """A database with room for two connections."""
    monkeypatch.setattr(uow, "OVERFLOW", 0)
    monkeypatch.setattr(uow, "BORROW_SECONDS", 0.3)
    url = deps.settings.database_url
    database = Database(url, defer=Deferrer(make_queue(url)), pool_size=2)
    yield database
    await database.close()


def cut(url: str) -> None:
    """End every other session, as a restart does."""
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def event(deps: Deps) -> Event:
    return Event(tag=Tag.PAPER_CREATED, actor="system", at=deps.clock())


@pytest.mark.parametrize("moment", ["statement", "job", "event", "commit"])
async def test_a_database_that_goes_away_is_an_outage_and_nothing_is_stored(deps: Deps, moment: str) -> None:
    url = deps.settings.database_url
    before = row_counts(url)
    with pytest.raises(Unavailable):
        await cut_in_the_middle(deps, moment)
    assert row_counts(url) == before
    async with deps.database.write() as tx:
        tx.record(event(deps))
    assert row_counts(url)["events"] == before["events"] + 1


async def cut_in_the_middle(deps: Deps, moment: str) -> None:
    async with deps.database.write() as tx:
        tx.record(event(deps))
        await tx.defer(INGEST, version_id="before")
        if moment in ("event", "commit"):
            await tx.append_events()
        if moment == "event":
            tx.record(event(deps))
        cut(deps.settings.database_url)
        if moment == "statement":
            await tx.session.execute(text("SELECT 1"))
        if moment == "job":
            await tx.defer(INGEST, version_id="after")


async def test_readers_survive_a_cut_between_two_reads(deps: Deps) -> None:
    for _ in range(2):
        async with deps.database.read() as session:
            assert await session.scalar(text("SELECT 1")) == 1
        cut(deps.settings.database_url)


async def test_no_free_connection_is_an_outage(small: Database) -> None:
    async def hold() -> None:
        async with small.read() as session:
            await session.execute(text("SELECT 1"))
            await asyncio.sleep(1)

    holding = [asyncio.create_task(hold()) for _ in range(2)]
    await asyncio.sleep(0.3)
    with pytest.raises(Unavailable) as outage:
        async with small.read() as session:
            await session.execute(text("SELECT 1"))
    assert outage.value.code == "database_busy"
    await asyncio.gather(*holding)


async def test_a_reader_cannot_write(deps: Deps) -> None:
    before = row_counts(deps.settings.database_url)
    with pytest.raises(DBAPIError, match="read-only"):
        async with deps.database.read() as session:
            await session.execute(text("INSERT INTO number_counters VALUES ('2611', 1)"))
    assert row_counts(deps.settings.database_url) == before


async def test_a_platform_under_maintenance_refuses_every_write(deps: Deps) -> None:
    url = deps.settings.database_url
    closed = Database(url, defer=Deferrer(make_queue(url)), read_only=True)
    with pytest.raises(Unavailable) as refusal:
        async with closed.write():
            pass
    assert refusal.value.code == "read_only"
    async with closed.read() as session:
        assert await session.scalar(text("SELECT 1")) == 1
    await closed.close()


async def test_an_error_of_the_statement_is_no_outage(deps: Deps) -> None:
    with pytest.raises(IntegrityError):
        async with deps.database.write() as tx:
            await tx.session.execute(text("INSERT INTO number_counters VALUES ('2611', NULL)"))


async def test_event_row_and_job_come_together_or_not_at_all(deps: Deps) -> None:
    url = deps.settings.database_url
    before = row_counts(url)

    async def act(*, fail: bool) -> None:
        async with deps.database.write() as tx:
            await tx.session.execute(text("INSERT INTO number_counters VALUES ('2611', 1)"))
            tx.record(event(deps))
            await tx.defer(INGEST, version_id="x")
            if fail:
                raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        await act(fail=True)
    assert row_counts(url) == before
    await act(fail=False)
    grown = {name: count - before[name] for name, count in row_counts(url).items() if count != before[name]}
    assert {name: grown[name] for name in ("number_counters", "events", "procrastinate_jobs")} == {
        "number_counters": 1,
        "events": 1,
        "procrastinate_jobs": 1,
    }
