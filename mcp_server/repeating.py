"""Writes that a client may send twice, and what a write answers with: the paper as it is then."""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar
from uuid import UUID

import msgspec
from msgspec import Meta

from aixiv.deps import Deps
from aixiv.queries.papers import version_of
from aixiv.usecases import idempotency
from aixiv.web.api.lookup import Named, find_to_change
from mcp_server.reading import page_url
from mcp_server.shown import Accepted, Done, paper_uri
from mcp_server.steps import paper_actions
from mcp_server.tool import Call

T = TypeVar("T")

Key = Annotated[str, Meta(min_length=1, max_length=200)]


async def once(call: Call, sent: Any, operation: str, act: Callable[[Deps], Awaitable[T]], type_: type[T]) -> T:
    """Run a use case once for this key. `sent` is what must be the same in a repeat."""
    content = hashlib.sha256(msgspec.json.encode(sent, order="deterministic")).hexdigest()
    return await idempotency.once(call.deps, call.actor, sent.idempotency_key, f"mcp {operation}", content, act, type_)


async def accepted(call: Call, paper_id: UUID, n: int, unanswered: tuple[str, ...] = ()) -> Accepted:
    """The version that was taken in, and where it stands by now."""
    now = await _now(call, paper_id)
    return Accepted(
        paper_id=paper_id,
        version=n,
        state=version_of(now.paper, n).status,
        url=page_url(call, now.paper),
        uri=paper_uri(paper_id),
        next_actions=paper_actions(call.actor, now.paper),
        unanswered=unanswered,
    )


async def done(call: Call, paper_id: UUID) -> Done:
    """What the paper is now."""
    now = await _now(call, paper_id)
    return Done(
        paper_id=paper_id,
        version=now.version.n,
        state=now.version.status,
        identifier=now.version.identifier,
        url=page_url(call, now.paper),
        next_actions=paper_actions(call.actor, now.paper),
    )


async def _now(call: Call, paper_id: UUID) -> Named:
    return await find_to_change(call.deps, call.actor, str(paper_id))
