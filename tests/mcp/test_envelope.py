"""Bodies that are no JSON-RPC message are refused in our own words, whichever era they say they are of."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_server import envelope
from mcp_server.envelope import Malformed, read_message
from tests.mcp.talk import Somebody, new_paper
from tests.web.door import Door

PARSE, REQUEST = -32700, -32600
LIBRARY_WORDS = {
    "pydantic",
    "validation error",
    "input_value",
    "msgspec",
    "recursion",
    "traceback",
    "starlette",
}
ERAS = ("2025-11-25", "2026-07-28", "1999-01-01")


def asked(**changes: Any) -> dict[str, Any]:
    params = {"name": "submit_paper", "arguments": new_paper()}
    return {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": params} | changes


def nested(levels: int) -> Any:
    inner: Any = "x"
    for _ in range(levels):
        inner = [inner]
    return inner


BODIES: list[tuple[Any, int, str, int | None]] = [
    (b"", PARSE, envelope.NOT_JSON, None),
    (b"{", PARSE, envelope.NOT_JSON, None),
    (b"\xff\xfe{\x00}\x00", PARSE, envelope.NOT_JSON, None),
    (b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":NaN}}', PARSE, envelope.NOT_JSON, None),
    (asked(params={"name": "get_paper", "arguments": {"paper_id": "\ud800"}}), PARSE, envelope.NOT_JSON, None),
    (b"[" * 50_000, PARSE, envelope.TOO_DEEP, None),
    (asked(params={"name": "submit_paper", "arguments": {"authors": nested(400)}}), REQUEST, envelope.TOO_DEEP, 7),
    (b"null", REQUEST, envelope.NOT_OBJECT, None),
    (b'"submit_paper"', REQUEST, envelope.NOT_OBJECT, None),
    ([asked()], REQUEST, envelope.BATCH, None),
    ([], REQUEST, envelope.BATCH, None),
    ({}, REQUEST, envelope.VERSION, None),
    (asked(jsonrpc="1.0"), REQUEST, envelope.VERSION, 7),
    (asked(jsonrpc=2.0), REQUEST, envelope.VERSION, 7),
    (asked(id=None), REQUEST, envelope.BAD_ID, None),
    (asked(id=True), REQUEST, envelope.BAD_ID, None),
    (asked(id=1.5), REQUEST, envelope.BAD_ID, None),
    (asked(id=10**30), REQUEST, envelope.BAD_ID, None),
    (asked(id="x" * 201), REQUEST, envelope.BAD_ID, None),
    (asked(method=7), REQUEST, envelope.BAD_METHOD, 7),
    (asked(params=["submit_paper"]), REQUEST, envelope.BAD_PARAMS, 7),
    (asked(params=None), REQUEST, envelope.BAD_PARAMS, 7),
    (asked(params={}), REQUEST, envelope.BAD_NAME, 7),
    (asked(params={"name": ["submit_paper"]}), REQUEST, envelope.BAD_NAME, 7),
    (asked(params={"name": "submit_paper", "arguments": [new_paper()]}), REQUEST, envelope.BAD_ARGUMENTS, 7),
    ({"jsonrpc": "2.0", "id": 7}, REQUEST, envelope.NO_MESSAGE, 7),
    ({"jsonrpc": "2.0", "id": 7, "result": "yes"}, REQUEST, envelope.BAD_ANSWER, 7),
    ({"jsonrpc": "2.0", "id": 7, "error": {"code": "x"}}, REQUEST, envelope.BAD_ANSWER, 7),
    ({"jsonrpc": "2.0", "result": {}}, REQUEST, envelope.BAD_ANSWER, None),
]


@pytest.mark.anyio
async def test_what_is_no_message_is_refused_in_our_words_in_both_eras(door: Door, author: Somebody) -> None:
    before, said = door.rows(), list[str]()
    for era in ERAS:
        headers = {
            "Accept": "application/json, text/event-stream",
            "Content-Type": "application/json",
            "MCP-Protocol-Version": era,
            **author.bearer,
        }
        for body, code, words, id_ in BODIES:
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            answer = await door.http.post("/mcp", content=content, headers=headers)
            assert (answer.status_code, answer.headers["content-type"]) == (400, "application/json"), (era, words)
            error = {"code": code, "message": words}
            assert answer.json() == {"jsonrpc": "2.0", "id": id_, "error": error}, (era, body[:60])
        for kind in ("text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""):
            answer = await door.http.post("/mcp", json=asked(), headers=headers | {"Content-Type": kind})
            assert (answer.status_code, answer.json()["error"]["message"]) == (415, envelope.WRONG_TYPE)
        for typed in (
            {"method": "resources/read", "params": {"uri": 7}},
            {"method": "prompts/get", "params": {"name": "x", "arguments": {"topic": [1]}}},
            {"method": "completion/complete", "params": {"ref": 1}},
            {"method": "tools/list", "params": {"cursor": {"a": 1}, "_meta": 5}},
            {"method": "initialize", "params": {"protocolVersion": 3}},
            {"method": "no/such", "params": {}},
        ):
            said.append((await door.http.post("/mcp", json=asked() | typed, headers=headers)).text)
    for text in said:
        assert '"error"' in text
        assert not {word for word in LIBRARY_WORDS if word in text.lower()}, text
    assert door.rows() == before


@pytest.mark.anyio
async def test_what_is_a_message_is_let_through(door: Door) -> None:
    headers = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2025-11-25"}
    for message, status in (
        ({"jsonrpc": "2.0", "method": "notifications/initialized"}, 202),
        ({"jsonrpc": "2.0", "id": "a", "result": {}}, 202),
        ({"jsonrpc": "2.0", "id": "a", "error": {"code": -1, "message": "no"}}, 202),
        ({"jsonrpc": "2.0", "id": 0, "method": "ping"}, 200),
        ({"jsonrpc": "2.0", "id": "x" * 200, "method": "ping", "params": {}}, 200),
    ):
        answer = await door.http.post("/mcp", json=message, headers=headers)
        assert answer.status_code == status, message
    with_charset = headers | {"Content-Type": "application/json ; charset=utf-8"}
    ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    assert (await door.http.post("/mcp", json=ping, headers=with_charset)).status_code == 200


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)
members = st.fixed_dictionaries(
    {"jsonrpc": st.just("2.0") | anything},
    optional=dict.fromkeys(("id", "method", "params", "result", "error"), anything),
)


@given(members | anything)
def test_every_value_is_a_message_or_malformed(value: Any) -> None:
    body = json.dumps(value).encode()
    message, refused = None, None
    try:
        message = read_message(body)
    except Malformed as wrong:
        refused = wrong
    if refused is not None:
        assert "Fix: " in refused.words
        assert refused.id is None or refused.id == value["id"]
    else:
        assert message is not None
        assert message.method == value.get("method", "")
