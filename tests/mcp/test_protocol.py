"""What every answer of the newest revision has, wrong envelopes, pages while works come in, and fixes that work."""

import re
from typing import Any

import httpx2
import pytest

from aixiv.domain.paper import Status
from mcp_server.listening import WATCH_SECONDS
from tests.fixtures.people import stored_version
from tests.mcp.hostile import every_scope
from tests.mcp.modern import Modern
from tests.mcp.talk import Refused, Somebody, new_paper, talking
from tests.web.door import TEXT, Door

pytestmark = pytest.mark.anyio

KEPT = ("server/discover", "tools/list", "prompts/list", "resources/list", "resources/templates/list", "resources/read")


async def test_every_result_says_what_it_is_and_how_long_and_for_whom_it_keeps(door: Door, author: Somebody) -> None:
    async with talking(door, author) as mine:
        paper = (await mine("submit_paper", **new_paper(key="kept")))["paper_id"]
    asked: list[tuple[str, str, dict[str, Any], str | None]] = [
        ("server/discover", "", {}, "public"),
        ("tools/list", "", {}, "private"),
        ("prompts/list", "", {}, "public"),
        ("resources/list", "", {}, "public"),
        ("resources/templates/list", "", {}, "public"),
        ("resources/read", "guide://author", {"uri": "guide://author"}, "public"),
        ("resources/read", f"paper://{paper}", {"uri": f"paper://{paper}"}, "private"),
        ("resources/read", f"paper://{paper}/status", {"uri": f"paper://{paper}/status"}, "private"),
        ("tools/call", "my_work", {"name": "my_work", "arguments": {}}, None),
        ("prompts/get", "review_paper", {"name": "review_paper", "arguments": {"paper_id": paper}}, None),
    ]
    client = Modern(await door.of(author.bearer))
    for method, about, params, scope in asked:
        result = (await client(method, about, **params))["result"]
        assert result["resultType"] == "complete", method
        assert result.get("cacheScope") == scope, method
        assert ("ttlMs" in result) == (method in KEPT), method
        if scope == "private" and method == "resources/read":
            assert result["ttlMs"] <= 60_000
        if method.endswith("/list"):
            assert (await client(method, about, cursor="next"))["error"]["code"] == -32602
    status = (await client("resources/read", f"paper://{paper}/status", uri=f"paper://{paper}/status"))["result"]
    assert status["ttlMs"] == 0
    assert WATCH_SECONDS < 5  # a change is told while its reader still waits


async def test_wrong_headers_revisions_and_methods_have_the_codes_of_the_protocol(door: Door) -> None:
    meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    right = {
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": "2026-07-28",
        "Mcp-Method": "tools/call",
        "Mcp-Name": "search_papers",
    }

    async def sent(headers: dict[str, str], method: str = "tools/call", said: Any = meta) -> tuple[int, int]:
        params = {"name": "search_papers", "arguments": {}} | ({"_meta": said} if said else {})
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        answer: httpx2.Response = await door.http.post("/mcp", json=body, headers=headers)
        return answer.status_code, answer.json().get("error", {}).get("code", 0)

    assert await sent(right) == (200, 0)
    assert await sent(right | {"Mcp-Method": "tools/list"}) == (400, -32020)
    assert await sent(right | {"Mcp-Name": "publish"}) == (400, -32020)
    assert await sent(right | {"MCP-Protocol-Version": "2031-01-01"}) == (400, -32020)
    later = {"MCP-Protocol-Version": "2031-01-01"}
    unknown = meta | {"io.modelcontextprotocol/protocolVersion": "2031-01-01"}
    assert await sent(right | later, said=unknown) == (400, -32022)
    assert await sent(right, said=None) == (400, -32602)
    assert await sent(right | {"Mcp-Method": "no/such"}, "no/such") == (404, -32601)


async def test_pages_end_and_works_that_come_in_meanwhile_shift_nothing(door: Door) -> None:
    ada = await every_scope(door, "pages")
    for number in range(7):
        await stored_version(door.deps, ada.actor, Status.PUBLISHED, f"Paged {number}")
    async with talking(door, ada) as mine:
        seen, cursor, pages = list[str](), "", 0
        while pages < 20:
            page = await mine("search_papers", mine=True, sort="newest", limit=2, cursor=cursor)
            seen += [item["title"] for item in page["items"]]
            pages += 1
            if page["next_cursor"] is None:
                break
            cursor = page["next_cursor"]
            await stored_version(door.deps, ada.actor, Status.PUBLISHED, f"Meanwhile {pages}")
        assert seen == [f"Paged {number}" for number in reversed(range(7))]
        assert pages == 4


async def test_the_fix_that_a_refusal_names_works(door: Door) -> None:
    ada = await every_scope(door, "fixes")
    await stored_version(door.deps, ada.actor, Status.REVISION_REQUESTED, "To be revised")
    async with talking(door, ada) as mine:
        (item,) = (await mine("my_work"))["to_revise"]
        sent = {"paper_id": item["paper_id"], "manuscript": TEXT.decode(), "idempotency_key": "r"}
        with pytest.raises(Refused, match=r"^stale_base: .* Fix: Revise the version that is named here"):
            await mine("submit_revision", base_version=7, **sent)
        newest = (await mine("get_paper", paper_id=item["paper_id"]))["version"]
        assert (await mine("submit_revision", base_version=newest, **sent))["version"] == newest + 1
        with pytest.raises(Refused, match=r"^idempotency_conflict: .* Fix: Use a new idempotency_key"):
            await mine("submit_revision", base_version=newest, **sent | {"summary": "Another."})
        await door.run_jobs()
        with pytest.raises(Refused, match=r"^past_the_end: .* Fix: Call read_paper with start 0"):
            await mine("read_paper", paper_id=item["paper_id"], version=newest + 1, start=10**6)
        assert (await mine("read_paper", paper_id=item["paper_id"], start=0))["text"]


async def test_no_secret_is_in_an_answer_or_in_the_log(
    door: Door, author: Somebody, capfd: pytest.CaptureFixture[str]
) -> None:
    client = Modern(await door.of(author.bearer))
    slot = {"filename": "x.pdf", "bytes": 9, "sha256": "0" * 64, "idempotency_key": "slot"}
    said = [
        await client("tools/call", "my_work", name="my_work", arguments={}),
        await client("tools/call", "submit_paper", name="submit_paper", arguments=new_paper(key="secret")),
        await client("server/discover", ""),
    ]
    announced = await client("tools/call", "start_upload", name="start_upload", arguments=slot)
    signature = re.search(r"[A-Za-z0-9_-]{32,}", announced["result"]["structuredContent"]["put_url"].rpartition("=")[2])
    assert signature is not None
    logged = "".join(capfd.readouterr())
    assert "route=/mcp" in logged
    settings = door.deps.settings
    for secret in (author.token, author.cookie, settings.secret_key.get_secret_value()):
        assert secret not in f"{said}{announced}"
        assert secret not in logged
    assert signature[0] not in logged
