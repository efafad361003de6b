"""Publishing and withdrawing ask the person behind a client that can ask, and take nothing but a yes for one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Literal

import anyio
import httpx2
import psycopg
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import ElicitResult

from aixiv.domain.paper import Status
from aixiv.domain.people import Role
from tests.fixtures.people import stored_version
from tests.mcp.hostile import every_scope
from tests.mcp.talk import Era, Refused, Somebody, Talk, talking
from tests.web.door import Door

pytestmark = pytest.mark.anyio

TITLE = "Counting pebbles twice"


@asynccontextmanager
async def asked(door: Door, somebody: Somebody, answer: ElicitResult, heard: list[str]) -> AsyncIterator[Talk]:
    """A client that shows its person questions; the person always answers the same."""

    async def show(_: Any, params: Any) -> ElicitResult:
        heard.append(params.message)
        return answer

    async with httpx2.AsyncClient(headers=somebody.bearer, timeout=60.0) as http:
        transport = streamable_http_client(f"{door.url}/mcp", http_client=http)
        async with Client(transport, elicitation_callback=show) as client:
            yield Talk(client)


async def accepted_paper(door: Door, author: Somebody) -> dict[str, Any]:
    await stored_version(door.deps, author.actor, Status.ACCEPTED, TITLE)
    async with talking(door, author) as mine:
        (item,) = (await mine("my_work"))["to_publish"]
    return {"paper_id": item["paper_id"], "confirm_title": TITLE, "idempotency_key": "p"}


@pytest.mark.parametrize(
    ("action", "content"),
    [("decline", None), ("cancel", None), ("accept", {"confirm": False}), ("accept", {}), ("accept", None)],
)
async def test_what_is_not_a_yes_publishes_nothing(
    door: Door, author: Somebody, action: Literal["accept", "decline", "cancel"], content: Any
) -> None:
    publish, heard = await accepted_paper(door, author), list[str]()
    async with asked(door, author, ElicitResult(action=action, content=content), heard) as mine:
        with pytest.raises(Refused, match=r"^not_confirmed: .* Fix: Talk to them"):
            await mine("publish", **publish)
        assert (await mine("get_status", paper_id=publish["paper_id"]))["state"] == "accepted"
    assert heard
    assert TITLE in heard[0]


async def test_a_yes_publishes_once(door: Door, author: Somebody) -> None:
    publish, heard = await accepted_paper(door, author), list[str]()
    async with asked(door, author, ElicitResult(action="accept", content={"confirm": True}), heard) as mine:
        with pytest.raises(Refused, match=r"^title_mismatch: "):
            await mine("publish", **publish | {"confirm_title": "Pebbles"})
        assert heard == []
        first = await mine("publish", **publish)
        assert (first["state"], await mine("publish", **publish)) == ("published", first)
    assert len(heard) == 1


async def test_what_is_accepted_while_the_call_waits_is_not_published_unasked(door: Door, author: Somebody) -> None:
    """No question was put, because there was nothing to publish yet."""
    publish, heard = await accepted_paper(door, author), list[str]()
    paper = (publish["paper_id"],)
    with psycopg.connect(door.deps.settings.database_url) as connection:
        connection.execute("UPDATE versions SET status = 'under_review' WHERE paper_id = %s", paper)
        connection.commit()
        async with (
            asked(door, author, ElicitResult(action="decline"), heard) as mine,
            anyio.create_task_group() as calls,
        ):

            async def refused() -> None:
                with pytest.raises(Refused, match=r"^illegal_transition: .*under_review"):
                    await mine("publish", **publish)

            connection.execute("LOCK TABLE idempotency_records")
            calls.start_soon(refused)
            while not connection.execute("SELECT 1 FROM pg_locks WHERE NOT granted").fetchone():  # noqa: ASYNC110
                await anyio.sleep(0.02)
            connection.execute("UPDATE versions SET status = 'accepted' WHERE paper_id = %s", paper)
            connection.commit()
        status = connection.execute("SELECT status FROM versions WHERE paper_id = %s", paper).fetchone()
        assert status == ("accepted",)
    assert heard == []


async def test_withdrawing_is_asked_about_too_and_who_may_is_as_everywhere(door: Door, author: Somebody) -> None:
    """Nobody else's work but for an editor, whose person is asked with whose work it is; REST knows the same rule."""
    publish = await accepted_paper(door, author)
    paper = publish["paper_id"]
    edith = await every_scope(door, "edith", Role.EDITOR)
    other = await every_scope(door, "mallory")
    taking = {"paper_id": paper, "reason": "A request.", "confirm_title": TITLE, "idempotency_key": "w"}
    heard = list[str]()
    async with asked(door, edith, ElicitResult(action="decline"), heard) as theirs:
        with pytest.raises(Refused, match=r"^title_mismatch: "):
            await theirs("withdraw", **taking | {"confirm_title": "Pebbles"})
        assert heard == []
        with pytest.raises(Refused, match=r"^not_confirmed: "):
            await theirs("withdraw", **taking)
    assert "another author's paper" in heard[0]
    assert TITLE in heard[0]
    async with asked(door, other, ElicitResult(action="accept", content={"confirm": True}), heard) as stranger:
        with pytest.raises(Refused, match=r"^not_found: "):
            await stranger("withdraw", **taking)
    client = await door.of(other.bearer | {"Idempotency-Key": "w"})
    refused = await client.post(f"/api/v1/papers/{paper}/withdraw", json={"reason": "A request."})
    assert refused.status_code == 404
    async with asked(door, author, ElicitResult(action="accept", content={"confirm": True}), heard) as mine:
        assert (await mine("get_status", paper_id=paper))["state"] == "accepted"
        assert (await mine("withdraw", **taking))["state"] == "withdrawn"
    assert "your paper" in heard[-1]


@pytest.mark.parametrize("era", ["auto", "legacy"])
async def test_a_client_that_cannot_ask_publishes_by_the_exact_title(door: Door, author: Somebody, era: Era) -> None:
    publish = await accepted_paper(door, author)
    async with talking(door, author, era) as mine:
        assert (await mine("publish", **publish))["state"] == "published"


async def test_a_forged_or_foreign_answer_is_no_answer(door: Door, author: Somebody) -> None:
    publish = await accepted_paper(door, author)
    yes = {"confirm": {"action": "accept", "content": {"confirm": True}}}
    meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {"elicitation": {"form": {}}},
    }
    headers = {
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": "2026-07-28",
        "Mcp-Method": "tools/call",
        "Mcp-Name": "publish",
    }
    client = await door.of(author.bearer | headers)

    async def post(**more: Any) -> Any:
        params = {"name": "publish", "arguments": publish, "_meta": meta, **more}
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
        return (await client.post("/mcp", json=body)).json()

    assert (await post(inputResponses=yes))["result"]["resultType"] == "input_required"
    assert (await post(inputResponses=yes, requestState="v1.AAAA"))["error"]["code"] == -32602
    state = (await post())["result"]["requestState"]
    publish["idempotency_key"] = "other"  # a question is answered for the very call that raised it
    assert (await post(inputResponses=yes, requestState=state))["error"]["code"] == -32602
