"""Writes a client may send twice: the header Idempotency-Key."""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import msgspec

from aixiv.deps import Deps
from aixiv.domain.people import Actor
from aixiv.usecases import idempotency
from aixiv.web.errors import Call

T = TypeVar("T")


def key_of(call: Call) -> str | None:
    """The client's key for this write, or None."""
    return call.headers.get("idempotency-key")


async def once(
    call: Call,
    deps: Deps,
    actor: Actor,
    content: Any,
    act: Callable[[Deps], Awaitable[T]],
    type_: type[T],
    *,
    redact: Callable[[T], T] = lambda answer: answer,
) -> T:
    """Run `act` once for the client's key; the operation is the method and address, the content what was sent."""
    operation = f"{call.method} {call.url.path}"
    sent = hashlib.sha256(msgspec.json.encode(content, order="deterministic")).hexdigest()
    return await idempotency.once(deps, actor, key_of(call), operation, sent, act, type_, redact=redact)
