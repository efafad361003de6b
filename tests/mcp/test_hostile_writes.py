"""Writes that are sent ten times at once, replayed, or left in the middle: one effect, the whole of it, or none."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import psycopg
import pytest
from psycopg import AsyncConnection

from aixiv.domain.paper import Status
from aixiv.domain.people import Role
from mcp_server.calling import TOOLS
from tests.fixtures.people import stored_version
from tests.mcp.hostile import REVIEW, Hostile, break_off, change, every_scope, everything, under_review
from tests.mcp.talk import Somebody, new_paper, talking
from tests.web.door import TEXT, Door

pytestmark = pytest.mark.anyio

AT_ONCE = 10
LATER = TEXT.decode() + "\nEach heap was counted a third time.\n"
Writes = dict[str, tuple[Somebody, dict[str, Any]]]


async def ready(door: Door, run: str) -> Writes:
    """For each tool that writes, somebody who may call it, and the call."""
    author, referee, editor = [
        await every_scope(door, f"{name}-{run}", *roles)
        for name, roles in (("ada", ()), ("rita", (Role.REVIEWER,)), ("edith", (Role.EDITOR,)))
    ]

    async def paper(status: Status) -> str:
        version = await stored_version(door.deps, author.actor, status, status.value)
        if status is Status.HELD:
            break_off(door, str(version))
        return paper_of(door, version)

    async with talking(door, author) as mine:
        reviewed = await under_review(door, mine, key=f"review-{run}")
    calls: Writes = {
        "submit_paper": (author, new_paper(title=f"Sent at once {run}")),
        "start_upload": (author, {"filename": "x.pdf", "bytes": 9, "sha256": "0" * 64}),
        "submit_revision": (
            author,
            {"paper_id": await paper(Status.REVISION_REQUESTED), "base_version": 1, "manuscript": LATER},
        ),
        "publish": (author, {"paper_id": await paper(Status.ACCEPTED), "confirm_title": "accepted"}),
        "withdraw": (
            author,
            {
                "paper_id": await paper(Status.REVISION_REQUESTED),
                "reason": "Too early.",
                "confirm_title": "revision_requested",
            },
        ),
        "request_review": (author, {"paper_id": await paper(Status.HELD)}),
        "add_comment": (author, {"paper_id": await paper(Status.PUBLISHED), "text": "Indeed."}),
        "submit_review": (referee, {"paper_id": reviewed, **REVIEW}),
        "decide": (editor, {"paper_id": await paper(Status.HELD), "outcome": "reject", "reason": "Not sound."}),
    }
    return {tool: (who, {**said, "idempotency_key": f"{tool}-{run}"}) for tool, (who, said) in calls.items()}


def paper_of(door: Door, version: UUID) -> str:
    with psycopg.connect(door.deps.settings.database_url) as connection:
        row = connection.execute("SELECT paper_id FROM versions WHERE id = %s", (version,)).fetchone()
        assert row is not None
        return str(row[0])


async def test_ten_at_once_are_one(door: Door) -> None:
    calls = await ready(door, "race")
    assert set(calls) == {name for name, tool in TOOLS.items() if not tool.read_only}
    for tool, (who, arguments) in calls.items():
        client, before = Hostile(door, who.bearer), everything(door)
        answers = await asyncio.gather(*(client.call(tool, **arguments) for _ in range(AT_ONCE)))
        assert isinstance(answers[0], dict), (tool, answers[0])
        assert all(answer == answers[0] for answer in answers), tool
        changed = change(before, everything(door))
        assert changed, tool
        assert changed.pop("events", 1) <= 2, tool  # as a paper and its version
        assert set(changed.values()) == {1}, (tool, changed)


async def test_a_write_that_is_left_in_the_middle_is_whole_or_nothing(door: Door) -> None:
    for tool, (who, arguments) in (await ready(door, "left")).items():
        before = everything(door)
        await left(door, who, tool, arguments, in_the_middle=False)
        assert change(before, everything(door)) == {}, tool
        async with held_up(door) as waiting:
            await left(door, who, tool, arguments, in_the_middle=True, waiting=waiting)
        await quiet(door)
        half = change(before, everything(door))
        client = Hostile(door, who.bearer)
        answer = await client.call(tool, **arguments)
        assert isinstance(answer, dict), (tool, answer)
        whole = change(before, everything(door))
        assert whole, tool
        assert {k: v for k, v in half.items() if k != "artifacts"} in ({}, whole), (tool, half, whole)
        assert await client.call(tool, **arguments) == answer, tool
        assert change(before, everything(door)) == whole, tool


@asynccontextmanager
async def held_up(door: Door) -> AsyncIterator[AsyncConnection[Any]]:
    """Whoever keeps the answer of a write, the last thing before it is committed, waits until this ends."""
    async with await AsyncConnection.connect(door.deps.settings.database_url) as connection:
        await connection.execute("LOCK TABLE idempotency_records IN SHARE ROW EXCLUSIVE MODE")
        yield connection


async def left(
    door: Door, who: Somebody, tool: str, arguments: dict[str, Any], *, in_the_middle: bool, waiting: Any = None
) -> None:
    """Send a call and hang up: before the body is there, or when its transaction waits for its end."""
    asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": arguments}}
    body, at = json.dumps(asked).encode(), urlsplit(door.url)
    head = (
        f"POST /mcp HTTP/1.1\r\nHost: {at.netloc}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        "Accept: application/json, text/event-stream\r\nMCP-Protocol-Version: 2025-11-25\r\n"
        f"Authorization: Bearer {who.token}\r\n\r\n"
    )
    _, writer = await asyncio.open_connection(at.hostname, at.port)
    writer.write(head.encode() + (body if in_the_middle else body[: len(body) // 2]))
    await writer.drain()
    if in_the_middle:
        await until(waiting, "SELECT count(*) = 1 FROM pg_locks WHERE NOT granted", tool)
    writer.transport.abort()
    await asyncio.sleep(0.05)


async def quiet(door: Door) -> None:
    """Return when no transaction of the platform is open any more."""
    async with await AsyncConnection.connect(door.deps.settings.database_url, autocommit=True) as connection:
        open_ones = (
            "SELECT count(*) = 0 FROM pg_stat_activity "
            "WHERE datname = current_database() AND xact_start IS NOT NULL AND pid <> pg_backend_pid()"
        )
        await until(connection, open_ones, "quiet")


async def until(connection: Any, question: str, about: str) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        row = await (await connection.execute(question)).fetchone()
        if row[0]:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"{about}: this did not come true: {question}")
