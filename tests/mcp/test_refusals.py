"""Who may not, what is wrong, and whether a client can act on what it is told."""

from typing import Any

import httpx2
import msgspec
import pytest
from mcp import MCPError

from aixiv.domain.people import Scope
from aixiv.usecases.tokens import make_token
from mcp_server.calling import TOOLS
from mcp_server.metadata import metadata_url
from mcp_server.refusals import refusal_text, wrong_argument
from tests.mcp.talk import Era, Refused, Somebody, new_paper, talking
from tests.web.door import Door

pytestmark = pytest.mark.anyio

WRITES: dict[str, dict[str, Any]] = {
    "submit_paper": new_paper(),
    "start_upload": {"filename": "x.pdf", "bytes": 1, "sha256": "0" * 64, "idempotency_key": "k"},
    "request_review": {"paper_id": "x", "idempotency_key": "k"},
    "submit_review": {
        "paper_id": "x",
        "summary": "x",
        "scores": {},
        "overall": 5,
        "confidence": 3,
        "idempotency_key": "k",
    },
    "decide": {"paper_id": "x", "outcome": "accept", "reason": "x", "idempotency_key": "k"},
    "submit_revision": {
        "paper_id": "x",
        "base_version": 1,
        "manuscript": "# x",
        "format": "markdown",
        "idempotency_key": "k",
    },
    "publish": {"paper_id": "x", "confirm_title": "x", "idempotency_key": "k"},
    "withdraw": {"paper_id": "x", "reason": "x", "confirm_title": "x", "idempotency_key": "k"},
    "add_comment": {"paper_id": "x", "text": "x", "idempotency_key": "k"},
}


def call(tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """One request of the older era, as plain JSON."""
    return {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": tool, "arguments": arguments}}


async def post(door: Door, body: Any, **headers: str) -> httpx2.Response:
    accept = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2025-11-25"}
    return await door.http.post("/mcp", json=body, headers=accept | headers)


def test_every_write_is_tried() -> None:
    assert {name for name, tool in TOOLS.items() if not tool.read_only} == set(WRITES)


async def test_nobody_writes(door: Door) -> None:
    before = door.rows()
    for tool, arguments in {**WRITES, "my_work": {}}.items():
        answer = await post(door, call(tool, arguments))
        scope = TOOLS[tool].scope
        assert answer.status_code == 401, tool
        told = f'Bearer realm="aiXiv", resource_metadata="{metadata_url(door.deps.settings)}", scope="{scope}"'
        assert answer.headers["www-authenticate"] == told
        assert (answer.json()["id"], answer.json()["error"]["data"]) == (7, {"code": "not_signed_in"})
    assert door.rows() == before


@pytest.mark.parametrize("era", ["auto", "legacy"])
async def test_a_client_without_a_token_is_told_how_to_get_in(door: Door, era: Era) -> None:
    async with talking(door, era=era) as nobody:
        with pytest.raises(MCPError, match="Authorization: Bearer"):
            await nobody("my_work")
        assert "items" in await nobody("search_papers")


async def test_a_token_that_is_not_valid_is_refused_for_reads_too(door: Door, author: Somebody) -> None:
    for spoilt in (make_token(), author.token[:-1], "Basic abc"):
        answer = await post(door, call("search_papers", {}), Authorization=f"Bearer {spoilt}")
        assert answer.status_code == 401
        told = f'Bearer realm="aiXiv", resource_metadata="{metadata_url(door.deps.settings)}", error="invalid_token"'
        assert answer.headers["www-authenticate"] == told


async def test_a_token_without_the_scope_writes_nothing(door: Door) -> None:
    for held in (Scope.REVIEWS_REQUEST, Scope.PAPERS_READ):  # together every scope is missing once
        reader = await door.somebody(held.name.lower(), scopes=(held,))
        before = door.rows()
        for tool, arguments in {**WRITES, "my_work": {}}.items():
            scope = TOOLS[tool].scope
            answer = await post(door, call(tool, arguments), **reader.bearer)
            if scope is held:
                assert answer.status_code == 200
                continue
            assert (answer.status_code, answer.json()["error"]["data"]) == (403, {"code": "scope_missing"}), tool
            assert answer.headers["www-authenticate"] == (
                f'Bearer realm="aiXiv", resource_metadata="{metadata_url(door.deps.settings)}", '
                f'error="insufficient_scope", scope="{scope}"'
            )
    assert door.rows() == before


async def test_a_stranger_changes_nothing(door: Door, author: Somebody) -> None:
    stranger = await door.somebody(
        "strange", scopes=tuple(s for s in Scope if s not in (Scope.EDITOR, Scope.REVIEWS_WRITE))
    )
    async with talking(door, author) as mine, talking(door, stranger) as other:
        paper = (await mine("submit_paper", **new_paper()))["paper_id"]
        before = door.rows()
        for tool, arguments in WRITES.items():
            if tool not in ("submit_paper", "start_upload", "submit_review", "decide"):
                with pytest.raises(Refused, match=r"^not_found: There is no such paper"):
                    await other(tool, **arguments | {"paper_id": paper})
        assert door.rows() == before


async def test_a_write_sent_twice_is_one(door: Door, author: Somebody) -> None:
    async with talking(door, author) as mine:
        before = door.rows()
        first = await mine("submit_paper", **new_paper())
        assert await mine("submit_paper", **new_paper()) == first
        said = {"paper_id": first["paper_id"], "text": "Indeed.", "idempotency_key": "c"}
        comment = await mine("add_comment", **said)
        assert await mine("add_comment", **said) == comment
        after = door.rows()
        assert (after["papers"], after["comments"]) == (before["papers"] + 1, before["comments"] + 1)
        with pytest.raises(Refused, match=r"^idempotency_conflict: .* Fix: Use a new idempotency_key"):
            await mine("submit_paper", **new_paper(title="Another"))
        for name in (first["uri"], first["url"], f" {first['paper_id']}\n"):
            shown = await mine("get_paper", paper_id=name)
            assert shown["paper_id"] == first["paper_id"]
        assert [c["comment_id"] for c in shown["comments"]] == [comment["comment_id"]]


async def test_publishing_needs_the_exact_title_and_an_accepted_version(door: Door, author: Somebody) -> None:
    async with talking(door, author) as mine:
        paper = (await mine("submit_paper", **new_paper(title="Counting pebbles")))["paper_id"]
        with pytest.raises(Refused, match=r"^title_mismatch: .* Fix: Call get_paper"):
            await mine("publish", paper_id=paper, confirm_title="Pebbles", idempotency_key="p")
        with pytest.raises(Refused, match=r"^illegal_transition: .* Fix: Call get_status"):
            await mine("publish", paper_id=paper, confirm_title="Counting pebbles", idempotency_key="p")
        taking = {
            "paper_id": paper,
            "reason": "Too early.",
            "confirm_title": "Counting pebbles",
            "idempotency_key": "w",
        }
        with pytest.raises(Refused, match=r"^title_mismatch: .* Fix: Call get_paper"):
            await mine("withdraw", **taking | {"confirm_title": "Pebbles"})
        gone = await mine("withdraw", **taking)
        assert (gone["state"], gone["next_actions"]) == ("withdrawn", [])
        with pytest.raises(Refused, match=r"^withdrawn: "):
            await mine("read_paper", paper_id=paper)


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("search_papers", {"limit": 99}, "invalid_argument: limit: expected 'int' <= 25"),
        ("search_papers", {"colour": "red"}, "invalid_argument: object contains unknown field 'colour'"),
        ("search_papers", {"since": "yesterday"}, "invalid_argument: since is not a date. Fix: Write 2026"),
        ("search_papers", {"cursor": "abc"}, "cursor: This cursor is not from this list"),
        ("search_papers", {"query": "a\0b"}, "nul_character: "),
        ("get_paper", {}, "invalid_argument: object missing required field 'paper_id'"),
        ("get_paper", {"paper_id": "../../etc/passwd"}, "not_found: '../../etc/passwd' is not an identifier"),
        ("get_paper", {"paper_id": "aixiv:2611.99999"}, "not_found: There is no such paper"),
        ("get_reviews", {"paper_id": "9" * 201}, "invalid_argument: paper_id: expected 'str' of length <= 200"),
        ("submit_paper", new_paper(categories=["Alchemy"]), "category_unknown: .* Fix: Write Field.*Computer science"),
        ("submit_paper", new_paper(authors=[{"name": "X", "kind": "ai"}]), "ai_author_incomplete: "),
        ("submit_paper", new_paper(manuscript="   "), "[a-z_]+: .* Fix: "),
        ("submit_paper", new_paper(licence="none"), "licence_unknown: .* Fix: One of CC-BY-4.0"),
    ],
)
async def test_what_is_wrong_is_named(
    door: Door, author: Somebody, tool: str, arguments: dict[str, Any], said: str
) -> None:
    async with talking(door, author) as mine:
        with pytest.raises(Refused, match=f"^{said}"):
            await mine(tool, **arguments)


@pytest.mark.parametrize(
    ("tool", "arguments", "fix"),
    [
        ("search_papers", {"sort": "best"}, "Send one of newest, oldest, relevance."),
        ("search_papers", {"state": "in review"}, "Send one of accepted, draft, held,"),
        ("get_paper", {"id": "x"}, "The tool takes paper_id, version."),
        ("submit_paper", new_paper(authors=[{"name": "X", "kind": "robot"}]), "Send one of ai, human."),
        (
            "submit_paper",
            new_paper(authors=[{"name": "X", "kind": "ai", "made_by": 1}]),
            "authors[0] takes name, kind,",
        ),
        ("submit_review", WRITES["submit_review"] | {"scores": {"soundness": "x"}}, "Correct scores[...]; the tool's"),
    ],
)
def test_a_wrong_argument_is_refused_with_what_is_right(tool: str, arguments: dict[str, Any], fix: str) -> None:
    known = TOOLS[tool]
    with pytest.raises(msgspec.ValidationError) as error:
        known.arguments(arguments)
    assert f"Fix: {fix}" in refusal_text(wrong_argument(error.value, known.listed.input_schema))


async def test_an_unknown_tool_is_a_protocol_error(door: Door) -> None:
    async with talking(door) as nobody:
        with pytest.raises(MCPError, match="Unknown tool: review_everything"):
            await nobody("review_everything")


async def test_only_our_own_names_and_pages_get_in(door: Door, author: Somebody) -> None:
    asked = call("search_papers", {})
    assert (await post(door, asked, Host="evil.example")).status_code == 421
    assert (await post(door, asked, Origin="https://evil.example")).status_code == 403
    assert (await post(door, asked, Origin="https://evil.example", **author.bearer)).status_code == 403
    assert (await post(door, asked, Origin=door.deps.settings.address)).status_code == 200
    assert (await post(door, asked)).status_code == 200


async def test_malformed_and_oversized_bodies(door: Door, author: Somebody) -> None:
    assert (await post(door, [call("search_papers", {})])).status_code == 400
    assert (await post(door, {"jsonrpc": "2.0"})).status_code == 400
    deep = await door.http.post("/mcp", content=b"[" * 100_000, headers={"Content-Type": "application/json"})
    assert 400 <= deep.status_code < 500
    long = call("submit_paper", new_paper(manuscript="x" * 2**20))
    answer = await post(door, long, **author.bearer)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert (await door.http.get("/mcp")).status_code == 405
