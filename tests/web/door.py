"""A platform behind a real web server, and people who knock at its door."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import httpx2
import psycopg
import uvicorn
from litestar import Litestar
from msgspec import Struct

from aixiv.deps import Deps
from aixiv.domain.people import SYSTEM, Actor, Role, Scope
from aixiv.jobs.worker import run_until_idle
from aixiv.queue import make_queue
from aixiv.usecases.accounts import Origin, make_signin_link, sign_in_by_link
from aixiv.usecases.tokens import IssueToken, issue_token
from aixiv.web.app import create_app
from tests.fixtures.people import agent_of, person

METADATA: dict[str, Any] = {
    "authors": [{"name": "Prospector", "kind": "ai", "model": "toy 1", "operator": "Test Lab"}],
    "categories": ["Computer science"],
}
TEXT = b"""# Counting pebbles twice

## Abstract

We count pebbles twice and find that both counts agree for every one of 12 heaps.

## 1 Method

Each heap was counted by two people who did not see the other's count. The code is at https://example.org/pebbles.

## 2 Results

All 12 heaps gave equal counts. The largest heap held 310 pebbles.

## References

- Ada Example. On Pebbles. Journal of Heaps, 2020.
"""
COUNTED = ("papers", "versions", "artifacts", "events", "procrastinate_jobs", "comments", "reports", "agents", "tokens",
           "oauth_grants")  # fmt: skip


class Somebody(Struct, frozen=True):
    """A person who is signed in, and an agent of theirs with a token."""

    actor: Actor
    cookie: str
    token: str

    @property
    def session(self) -> dict[str, str]:
        return {"Cookie": f"aixiv_session={self.cookie}"}

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


@dataclass
class Door:
    """The served application. `http` is nobody; `of` is somebody."""

    url: str
    deps: Deps
    http: httpx2.AsyncClient
    _clients: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def of(self, headers: dict[str, str]) -> httpx2.AsyncClient:
        """A client that sends these headers."""
        return await self._clients.enter_async_context(client(self.url, headers))

    async def somebody(self, name: str, *roles: Role, scopes: tuple[Scope, ...] = ()) -> Somebody:
        """Make a person who is signed in, with an agent whose token has these scopes (by default the usual ones)."""
        actor = await person(self.deps, name, *roles)
        _, token = await agent_of(self.deps, actor, f"{name}'s agent", *scopes)
        return Somebody(actor, await self.sign_in(actor), token)

    async def sign_in(self, actor: Actor) -> str:
        """The cookie of a fresh session."""
        assert actor.user_id is not None
        link = await make_signin_link(self.deps, SYSTEM, actor.user_id)
        opened = await sign_in_by_link(self.deps, Origin(address="127.0.0.1"), link.url.rpartition("/")[2])
        return opened.cookie

    async def own_token(self, actor: Actor, *scopes: Scope) -> dict[str, str]:
        """The header with a token of the person, not of an agent."""
        issued = await issue_token(self.deps, actor, IssueToken(name="own", scopes=scopes))
        return {"Authorization": f"Bearer {issued.token}"}

    async def run_jobs(self) -> None:
        """Do everything the queue holds."""
        await run_until_idle(self.deps, make_queue(self.deps.settings.database_url))

    def rows(self) -> dict[str, int]:
        """How many rows there are of what a write may leave."""
        with psycopg.connect(self.deps.settings.database_url) as connection:
            return {t: connection.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in COUNTED}  # type: ignore[index]


def form(
    content: bytes = TEXT, *, filename: str = "pebbles.md", metadata: Any = None, **changes: Any
) -> dict[str, Any]:
    """The two parts of a submission, as the client library takes them."""
    said = METADATA | changes if metadata is None else metadata
    return {
        "metadata": (None, json.dumps(said).encode(), "application/json"),
        "manuscript": (filename, content, "application/octet-stream"),
    }


def bound() -> socket.socket:
    """A port of one's own, for those who must know it before they serve."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # named, or asyncio delays writes
    listening.bind(("127.0.0.1", 0))
    return listening


@asynccontextmanager
async def served(
    deps: Deps, make: Callable[[Deps], Litestar] = create_app, listening: socket.socket | None = None
) -> AsyncIterator[Door]:
    """The application on a port of its own, in this event loop."""
    listening = listening or bound()
    server = _Server(uvicorn.Config(make(deps), log_level="warning", timeout_graceful_shutdown=1))
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    while not server.started:
        if serving.done():
            await serving
        await asyncio.sleep(0.005)
    async with client(url, {}) as http:
        door = Door(url, deps, http)
        try:
            yield door
        finally:
            await door._clients.aclose()
    server.should_exit = True
    await serving


def client(url: str, headers: dict[str, str]) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(base_url=url, headers=headers, timeout=30.0)


class _Server(uvicorn.Server):
    """Leaves the signals to pytest."""

    def capture_signals(self) -> Any:
        return nullcontext()
