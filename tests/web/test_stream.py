"""Who may keep listening to a work's events, and how many at once."""

import anyio
import pytest

from aixiv.usecases.tokens import revoke_token
from aixiv.web.api import stream
from tests.web.door import Door, Somebody, form

pytestmark = pytest.mark.anyio


async def test_a_revoked_token_hears_no_more(door: Door, author: Somebody, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "HEARTBEAT_SECONDS", 0.1)
    mine = await door.of(author.bearer)
    paper = (await mine.post("/api/v1/papers", files=form())).json()["paper_id"]
    tokens = (await (await door.of(author.session)).get("/api/v1/me/tokens")).json()["items"]

    with anyio.fail_after(10):
        async with mine.stream("GET", f"/api/v1/papers/{paper}/events") as answer:
            heard = answer.aiter_lines()
            assert "timeline" in await anext(line async for line in heard if line.startswith("event"))
            for token in tokens:
                await revoke_token(door.deps, author.actor, token["id"])
            rest = [line async for line in heard]
    assert not any(line == "event: end" for line in rest)  # the work is still waiting: only the listener was sent away


async def test_one_listener_keeps_only_so_many_streams_open(
    door: Door, author: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "STREAMS_AT_ONCE", 1)
    mine = await door.of(author.bearer)
    paper = (await mine.post("/api/v1/papers", files=form())).json()["paper_id"]
    url = f"/api/v1/papers/{paper}/events"

    with anyio.fail_after(20):
        async with mine.stream("GET", url) as first:
            lines = first.aiter_lines()
            await anext(lines)
            refused = await mine.get(url)
            assert refused.status_code == 429
            assert refused.headers["Retry-After"] == "15"
        freed = False
        while not freed:
            async with mine.stream("GET", url) as again:
                freed = again.status_code == 200
