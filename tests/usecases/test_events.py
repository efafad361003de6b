"""The log only grows, has no gaps, and shows at the right place that somebody changed it."""

import asyncio

import psycopg
import pytest

from aixiv.db import event
from aixiv.deps import Deps
from aixiv.domain.events import Event, Tag
from aixiv.queries import events
from aixiv.queries.events import LogVerdict, verify_log
from aixiv.settings import Settings

pytestmark = pytest.mark.anyio

DATA = {"text": 'naïve ∑ \u2028 \\ "quoted"', "number": 3, "share": 0.1, "nothing": None, "list": [1, {"b": 2, "a": 1}]}


async def _write(deps: Deps, number: int) -> None:
    async with deps.database.write() as tx:
        for part in range(2):
            tx.record(
                Event(tag=Tag.PAPER_CREATED, actor="system", at=deps.clock(), data={**DATA, "n": number, "part": part})
            )


async def _verdict(deps: Deps) -> LogVerdict:
    async with deps.database.read() as session:
        return await verify_log(session)


def _tamper(settings: Settings, statement: str) -> None:
    """As somebody who owns the database and silences its triggers."""
    with psycopg.connect(settings.database_url) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(statement.encode())


async def test_an_empty_log_is_good(deps: Deps) -> None:
    assert (await _verdict(deps)).ok


async def test_writers_at_once_make_one_chain(deps: Deps, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "_BATCH", 7)
    await asyncio.gather(*(_write(deps, n) for n in range(15)))
    verdict = await _verdict(deps)
    assert (verdict.ok, verdict.events, verdict.first_bad_seq) == (True, 30, None)
    async with deps.database.read() as session:
        last = await session.get(event.EventRow, 30)
        assert last is not None
        assert verdict.head == last.hash


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "America/St_Johns"])
async def test_the_verdict_does_not_depend_on_the_time_zone_of_the_database(
    deps: Deps, settings: Settings, zone: str
) -> None:
    await _write(deps, 1)
    name = psycopg.conninfo.conninfo_to_dict(settings.database_url)["dbname"]
    with psycopg.connect(settings.database_url) as connection:
        connection.execute(f"ALTER DATABASE {name} SET timezone TO '{zone}'".encode())
    await deps.database.close()
    await _write(deps, 2)
    assert (await _verdict(deps)).ok


@pytest.mark.parametrize(
    "statement", ["UPDATE events SET actor = 'eve'", "DELETE FROM events WHERE seq = 2", "TRUNCATE events"]
)
async def test_the_database_refuses_to_change_the_log(deps: Deps, settings: Settings, statement: str) -> None:
    await _write(deps, 1)
    refused = pytest.raises(psycopg.errors.RaiseException, match="append-only")
    with psycopg.connect(settings.database_url) as connection, refused:
        connection.execute(statement.encode())
    assert (await _verdict(deps)).events == 2


@pytest.mark.parametrize(
    ("statement", "seq", "reason"),
    [
        ("UPDATE events SET actor = 'eve' WHERE seq = 5", 5, "content"),
        ("UPDATE events SET data = data || '{\"n\": 99}' WHERE seq = 5", 5, "content"),
        ("UPDATE events SET at = at + interval '1 microsecond' WHERE seq = 5", 5, "content"),
        ("UPDATE events SET paper_id = gen_random_uuid() WHERE seq = 5", 5, "content"),
        ("UPDATE events SET tag = 'made:up' WHERE seq = 5", 5, "kind of event"),
        ("UPDATE events SET hash = repeat('0', 64) WHERE seq = 5", 5, "content"),
        ("DELETE FROM events WHERE seq = 5", 5, "event 5 is missing"),
        ("DELETE FROM events WHERE seq = 1", 1, "event 1 is missing"),
        ("UPDATE events SET seq = 0 WHERE seq = 5", 0, "never gives"),
        ("DELETE FROM events WHERE seq = 5; UPDATE events SET seq = seq - 1 WHERE seq = 6", 5, "follow"),
    ],
)
async def test_a_change_behind_the_triggers_shows_at_its_place(
    deps: Deps, settings: Settings, statement: str, seq: int, reason: str
) -> None:
    for n in range(4):
        await _write(deps, n)
    _tamper(settings, statement)
    verdict = await _verdict(deps)
    assert (verdict.ok, verdict.first_bad_seq) == (False, seq)
    assert reason in verdict.reason


async def test_a_cut_end_shows_only_against_a_noted_head(deps: Deps, settings: Settings) -> None:
    await _write(deps, 1)
    noted = await _verdict(deps)
    await _write(deps, 2)
    _tamper(settings, "DELETE FROM events WHERE seq > 1")
    cut = await _verdict(deps)
    assert cut.ok
    assert (cut.events, cut.head) != (noted.events, noted.head)


async def test_a_transaction_that_fails_leaves_no_event(deps: Deps) -> None:
    async def fail() -> None:
        async with deps.database.write() as tx:
            tx.record(Event(tag=Tag.PAPER_CREATED, actor="system", at=deps.clock()))
            raise RuntimeError("nothing happened")

    with pytest.raises(RuntimeError):
        await fail()
    assert (await _verdict(deps)).events == 0
