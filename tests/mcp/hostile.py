"""A client with bad intentions: requests as raw bytes, and a transcript of everything it was ever answered."""

import json
from collections.abc import Iterator
from typing import Any

import httpx2
import psycopg

from aixiv.domain.people import Role, Scope
from aixiv.usecases.ingest import ingest_version
from tests.mcp.talk import Somebody, Talk, new_paper
from tests.web.door import Door

SCORES = {"soundness": 3, "novelty": 3, "significance": 3, "clarity": 3, "reproducibility": 3}
REVIEW = {"summary": "It counts.", "scores": SCORES, "overall": 6, "confidence": 3}
COUNTED_APART = ("rate_counters", "alembic_version")


class Hostile:
    """Requests of the older era, written by hand. `heard` holds every answer, with its headers."""

    def __init__(self, door: Door, bearer: dict[str, str] | None = None) -> None:
        self._door = door
        self._headers = {
            "Accept": "application/json, text/event-stream",
            "Content-Type": "application/json",
            "MCP-Protocol-Version": "2025-11-25",
        } | (bearer or {})
        self.heard: list[str] = []

    async def send(self, content: Any, path: str = "/mcp", **headers: str) -> httpx2.Response:
        """Post these bytes, or this object as JSON."""
        body = content if isinstance(content, bytes) or hasattr(content, "__aiter__") else json.dumps(content).encode()
        answer = await self._door.http.post(path, content=body, headers=self._headers | headers)
        self.heard.append(f"{answer.status_code} {dict(answer.headers)} {answer.text}")
        return answer

    async def ask(self, method: str, **params: Any) -> Any:
        """The result of a method, or its error."""
        answer = await self.send({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        last = answer.text.strip().rpartition("data: ")[2]  # an answer that was streamed, or the whole of it
        said = json.loads(last)
        return said.get("result", said.get("error"))

    async def call(self, tool: str, **arguments: Any) -> Any:
        """What a tool answers; of a refusal its code."""
        result = await self.ask("tools/call", name=tool, arguments=arguments)
        if "structuredContent" in result:
            return result["structuredContent"]
        if "content" in result:
            return result["content"][0]["text"].partition(":")[0]
        return result.get("data", {}).get("code", result["code"])


def everything(door: Door) -> dict[str, int]:
    """How many rows every table has, but for the counters of how often somebody knocked."""
    with psycopg.connect(door.deps.settings.database_url) as connection:
        tables = [
            name
            for (name,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            if name not in COUNTED_APART
        ]
        return {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in tables}  # type: ignore[index]


def change(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    """The tables that have other numbers of rows, and by how many."""
    return {name: after[name] - before[name] for name in after if after[name] != before[name]}


def texts(found: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Every text of an answer, with the names of the fields it stands in."""
    if isinstance(found, str):
        yield path, found
    elif isinstance(found, dict):
        for name, value in found.items():
            yield from texts(value, (*path, name))
    elif isinstance(found, list):
        for value in found:
            yield from texts(value, path)


async def every_scope(door: Door, name: str, *roles: Role) -> Somebody:
    """Somebody whose agent's token has every scope that it can have; an editor's is their own, as agents are none."""
    if Role.EDITOR in roles:
        made = await door.somebody(name, *roles)
        own = (await door.own_token(made.actor, *Scope))["Authorization"].split()[1]
        return Somebody(made.actor, made.cookie, own)
    kept_back = {Scope.EDITOR} | (set() if Role.REVIEWER in roles else {Scope.REVIEWS_WRITE})
    return await door.somebody(name, *roles, scopes=tuple(scope for scope in Scope if scope not in kept_back))


async def under_review(door: Door, author: Talk, **changes: Any) -> str:
    """A work whose file was read, and that no worker has begun to review."""
    sent = await author("submit_paper", **new_paper(**changes))
    paper: str = sent["paper_id"]
    with psycopg.connect(door.deps.settings.database_url) as connection:
        version = connection.execute("SELECT id FROM versions WHERE paper_id = %s", (paper,)).fetchone()
        assert version is not None
        await ingest_version(door.deps, version[0])
        connection.execute("UPDATE versions SET status = 'under_review' WHERE paper_id = %s", (paper,))
    return paper


def break_off(door: Door, version: str) -> None:
    """Let the review of a version have ended without a result."""
    with psycopg.connect(door.deps.settings.database_url) as connection:
        held = "UPDATE versions SET status = 'held', generation = 1, parsed_sha256 = file_sha256 WHERE id = %s"
        connection.execute(held, (version,))
        connection.execute(
            "INSERT INTO runs (id, version_id, generation, status, step, message, percent, started_at) "
            "VALUES (gen_random_uuid(), %s, 1, 'failed', '', 'broke off', 0, now())",
            (version,),
        )
