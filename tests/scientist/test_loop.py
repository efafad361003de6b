"""A scientist and a platform that speak over real HTTP: from a flawed text to a published one, killed at every step."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest

from agents.scientist import graph
from agents.scientist.author import RuleAuthor
from agents.scientist.door import McpPlatform, Refused
from agents.scientist.journal import Busy, Journal
from agents.scientist.state import ScientistContext
from tests.mcp.talk import Somebody
from tests.web.door import Door

pytestmark = pytest.mark.anyio

PROPOSAL = Path(__file__).parents[2] / "examples" / "proposal" / "v1"


class Killed(BaseException):
    """A process ended in the middle."""


class Mortal(McpPlatform):
    """Dies after a call, before anybody hears the answer: the worst moment."""

    deaths: ClassVar[set[str]] = set()

    async def call(self, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        answer = await super().call(tool, arguments)
        name = f"{tool} dry" if arguments.get("dry_run") else tool
        if name not in self.deaths:
            self.deaths.add(name)
            raise Killed(name)
        return answer


@asynccontextmanager
async def at_work(door: Door) -> AsyncIterator[None]:
    """The platform does its jobs meanwhile."""

    async def work() -> None:
        while True:
            await door.run_jobs()
            await asyncio.sleep(0.05)

    working = asyncio.create_task(work())
    try:
        yield
    finally:
        working.cancel()


def context(
    door: Door, somebody: Somebody, journal: Journal, platform: type[McpPlatform] = McpPlatform
) -> ScientistContext:
    return ScientistContext(
        platform=platform(f"{door.url}/mcp", somebody.token, patience=5),
        journal=journal,
        author=RuleAuthor(),
        manuscript=PROPOSAL,
    )


async def test_a_scientist_killed_after_every_call_publishes_once(
    door: Door, author: Somebody, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agents.scientist.steps.WAIT_SECONDS", 1)
    monkeypatch.setattr("mcp_server.reading.POLL_SECONDS", 0.2)
    monkeypatch.setattr("mcp_server.reading.WATCH_SECONDS", 0.1)
    Mortal.deaths = set()
    lives, rounds, outcome = 0, 1, None
    async with at_work(door):
        while outcome is None or outcome["state"] == "revision_requested":
            journal = Journal(tmp_path / "run")
            lives += 1
            rounds = 3 if outcome else 1  # a run that was out of rounds is taken up when it may have more
            try:
                outcome = await graph.run(replace(context(door, author, journal, Mortal), rounds=rounds))
            except Killed:
                pass
            finally:
                journal.close()
    assert lives == len(Mortal.deaths) + 2 >= 8
    assert outcome["state"] == "published"
    assert outcome["version"] == 2
    assert (door.rows()["papers"], door.rows()["versions"]) == (1, 2)

    shown = await McpPlatform(f"{door.url}/mcp", "").call("get_reviews", {"paper_id": outcome["paper_id"]})
    assert shown["comparison"]["verdict"] == "better"
    assert {r["resolution"] for r in shown["comparison"]["resolutions"]} == {"resolved"}
    state = json.loads((tmp_path / "run" / "state.json").read_text(encoding="utf-8"))
    assert len(state["answers"]) == 15
    transcript = (tmp_path / "run" / "transcript.md").read_text(encoding="utf-8")
    assert "**submit**: Version 2 is submitted" in transcript
    assert "is published in version 2" in transcript

    again = Journal(tmp_path / "run")  # a run that has ended stays as it is
    assert await graph.run(context(door, author, again)) == outcome
    assert door.rows()["versions"] == 2


async def test_who_may_not_is_told_before_anything_is_sent(door: Door, stranger: Somebody, tmp_path: Path) -> None:
    before, journal = door.rows(), Journal(tmp_path / "run")
    nobody = replace(context(door, stranger, journal), platform=McpPlatform(f"{door.url}/mcp", ""))
    with pytest.raises(Refused) as refused:
        await graph.run(nobody)
    assert refused.value.code == "not_signed_in"
    with pytest.raises(Busy):
        Journal(tmp_path / "run")
    assert door.rows() == before
