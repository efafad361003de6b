"""Streams of changes, and tasks that are cancelled: each only of what the listener may see."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import psycopg
import pytest

from mcp_server import listening
from tests.mcp.modern import Modern
from tests.mcp.talk import Somebody, new_paper, talking
from tests.web.door import Door

pytestmark = pytest.mark.anyio

SECONDS = 20.0
TASKS: dict[str, Any] = {"extensions": {"io.modelcontextprotocol/tasks": {}}}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "WATCH_SECONDS", 0.1)
    monkeypatch.setattr(listening, "KNOWN_SECONDS", 0.3)


@asynccontextmanager
async def listening_to(
    door: Door, bearer: dict[str, str], wanted: dict[str, Any], capabilities: dict[str, Any] | None = None
) -> AsyncIterator[AsyncIterator[Any]]:
    """The messages of a stream, as they come."""
    meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": capabilities or {},
    }
    headers = {
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": "2026-07-28",
        "Mcp-Method": "subscriptions/listen",
    }
    body = {
        "jsonrpc": "2.0",
        "id": "stream",
        "method": "subscriptions/listen",
        "params": {"notifications": wanted, "_meta": meta},
    }
    client = await door.of(bearer | headers)
    async with client.stream("POST", "/mcp", json=body) as answer:
        yield messages(answer)


async def messages(answer: httpx2.Response) -> AsyncIterator[Any]:
    if "json" in answer.headers["content-type"]:
        yield json.loads(await answer.aread())
        return
    async for line in answer.aiter_lines():
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))


async def following(stream: AsyncIterator[Any]) -> Any:
    """The next message."""
    return await asyncio.wait_for(anext(stream), SECONDS)


async def test_a_change_is_told_to_who_may_see_it_and_to_nobody_else(
    door: Door, author: Somebody, stranger: Somebody
) -> None:
    async with talking(door, author) as mine:
        paper = (await mine("submit_paper", **new_paper()))["paper_id"]
    status, text, nowhere = f"paper://{paper}/status", f"paper://{paper}/v/1/text", "paper://aixiv:2611.99999/status"
    wanted = {
        "resourceSubscriptions": [status, text, nowhere, "guide://author", "file:///etc/passwd", status],
        "toolsListChanged": True,
    }
    async with listening_to(door, author.bearer, wanted) as stream:
        told = await following(stream)
        assert told["method"] == "notifications/subscriptions/acknowledged"
        assert told["params"]["notifications"] == {"resourceSubscriptions": [status]}
        await door.run_jobs()
        told = await following(stream)
        assert (told["method"], told["params"]["uri"]) == ("notifications/resources/updated", status)
        assert told["params"]["_meta"] == {"io.modelcontextprotocol/subscriptionId": "stream"}
        for bearer in (stranger.bearer, {}):
            async with listening_to(door, bearer, {"resourceSubscriptions": [nowhere, "guide://author"]}) as other:
                heard = [message async for message in other]
            assert [m.get("method", "end") for m in heard] == ["notifications/subscriptions/acknowledged", "end"]
            assert heard[0]["params"]["notifications"] == {}
            assert heard[1]["result"]["resultType"] == "complete"


async def test_hidden_work_is_no_more_listened_to_than_work_that_is_not_there(door: Door, stranger: Somebody) -> None:
    author = await door.somebody("hides")
    async with talking(door, author) as mine:
        paper = (await mine("submit_paper", **new_paper(key="hidden")))["paper_id"]
    heard = []
    for wanted in ([f"paper://{paper}/status", f"paper://{paper}"], ["paper://0191f0b2-0000-7000-8000-000000000000"]):
        async with listening_to(door, stranger.bearer, {"resourceSubscriptions": wanted}) as stream:
            heard.append([message async for message in stream])
    assert heard[0] == heard[1]


async def test_a_stream_ends_with_the_token_and_there_are_only_so_many(door: Door) -> None:
    author = await door.somebody("ends")
    async with talking(door, author) as mine:
        paper = (await mine("submit_paper", **new_paper(key="ends")))["paper_id"]
    wanted = {"resourceSubscriptions": [f"paper://{paper}/status"]}
    async with listening_to(door, author.bearer, wanted) as first:
        await following(first)
        others = [listening_to(door, author.bearer, wanted) for _ in range(listening.STREAMS_AT_ONCE - 1)]
        streams = [await other.__aenter__() for other in others]
        for stream in streams:
            await following(stream)
        async with listening_to(door, author.bearer, wanted) as one_too_many:
            refused = (await following(one_too_many))["error"]
        assert refused["data"]["code"] == "rate_limited"
        for other in others:
            await other.__aexit__(None, None, None)
        with psycopg.connect(door.deps.settings.database_url) as connection:
            connection.execute("UPDATE tokens SET revoked_at = now() WHERE user_id = %s", (author.actor.user_id,))
        assert (await following(first))["result"]["resultType"] == "complete"


async def test_a_task_tells_its_end_once_and_only_to_who_began_it(
    door: Door, author: Somebody, stranger: Somebody
) -> None:
    mine, others = Modern(await door.of(author.bearer)), Modern(await door.of(stranger.bearer))
    begun = (await mine("tools/call", "submit_paper", name="submit_paper", arguments=new_paper(key="task")))["result"]
    task = begun["taskId"]
    async with listening_to(door, author.bearer, {"taskIds": [task]}) as undeclared:
        assert (await following(undeclared))["error"]["code"] == -32021
    async with listening_to(door, stranger.bearer, {"taskIds": [task]}, TASKS) as foreign:
        assert (await following(foreign))["params"]["notifications"] == {}
    for method in ("tasks/get", "tasks/cancel", "tasks/update"):
        assert (await others(method, task, taskId=task))["error"]["message"] == "Unknown task"
    async with listening_to(door, author.bearer, {"taskIds": [task]}, TASKS) as stream:
        assert (await following(stream))["params"]["notifications"] == {"taskIds": [task]}
        await door.run_jobs()
        told = await following(stream)
        assert (told["method"], told["params"]["status"]) == ("notifications/tasks", "completed")
        assert told["params"]["result"]["structuredContent"]["version"] == 1
        assert "result" in await following(stream)  # nothing is left to listen to


async def test_cancelling_a_task_says_what_it_does_and_withdrawing_ends_it(door: Door, author: Somebody) -> None:
    mine = Modern(await door.of(author.bearer))
    said = new_paper(key="cancelled", title="Cancelled")
    begun = (await mine("tools/call", "submit_paper", name="submit_paper", arguments=said))["result"]
    task = begun["taskId"]
    assert (await mine("tasks/cancel", task, taskId=task))["result"]["resultType"] == "complete"
    now = (await mine("tasks/get", task, taskId=task))["result"]
    assert now["status"] == "working"
    assert "the tool withdraw takes the work back for good" in now["statusMessage"]
    async with talking(door, author) as talk:
        (work,) = [w for w in (await talk("my_work"))["in_review"] if w["title"] == "Cancelled"]
        taking = {"paper_id": work["paper_id"], "reason": "Not now.", "confirm_title": "Cancelled"}
        await talk("withdraw", **taking, idempotency_key="w")
    ended = (await mine("tasks/get", task, taskId=task))["result"]
    assert (ended["status"], "result" in ended) == ("cancelled", False)
    await door.run_jobs()
    assert (await mine("tasks/get", task, taskId=task))["result"]["status"] == "cancelled"


@pytest.mark.parametrize("era", ["auto", "legacy"])
async def test_what_is_declared_works_and_what_is_not_is_refused(door: Door, author: Somebody, era: Any) -> None:
    async with talking(door, author, era) as mine:
        capabilities = mine.client.server_capabilities
    assert capabilities is not None
    assert capabilities.resources is not None
    assert bool(capabilities.resources.subscribe) == (era == "auto")
    assert not any(
        listed.list_changed for listed in (capabilities.tools, capabilities.prompts, capabilities.resources) if listed
    )
    headers = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2025-11-25"}
    for method in ("resources/subscribe", "subscriptions/listen"):
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": {"uri": "paper://x", "notifications": {}}}
        answer = await door.http.post("/mcp", json=body, headers=headers)
        assert '"code":-32601' in answer.text, method
