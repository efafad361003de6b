"""Writes that may be sent twice: the answer is kept, in the transaction of the write, under the key its client chose.

`replay` then `remember` inside one transaction; `once` does both around a use case. A write that is refused leaves
nothing, so the same key may try again. Keys belong to one actor; a request without an actor has none.
"""

import dataclasses
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import msgspec
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from aixiv.db import Database, Transaction
from aixiv.db.account import IdempotencyRecord
from aixiv.deps import Deps
from aixiv.domain.errors import IdempotencyConflict, Invalid
from aixiv.domain.people import Actor, ActorKind

T = TypeVar("T")

_LONGEST_KEY = 200
_LOCKS = 0x69646D  # seed that keeps these advisory locks apart from others


async def replay(tx: Transaction, actor: Actor, key: str | None, operation: str, content_hash: str) -> str | None:
    """The answer stored under this key, or None when the write is new and the caller is the one to make it.

    A second request with the same key waits here until the first has ended. Raises `Invalid` for a key that cannot be
    one, and `IdempotencyConflict` for a key used with another operation or other content.
    """
    if not _applies(actor, key):
        return None
    assert key is not None
    if not 1 <= len(key) <= _LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise Invalid(
            f"An idempotency key is 1 to {_LONGEST_KEY} printable ASCII characters.",
            code="idempotency_key",
            hint="A UUID makes a good key.",
        )
    lock = func.hashtextextended(f"{actor.label}\n{key}", _LOCKS)
    await tx.session.execute(select(func.pg_advisory_xact_lock(lock)))
    record = await tx.session.get(IdempotencyRecord, (actor.label, key))
    if record is None:
        return None
    if (record.operation, record.content_hash) != (operation, content_hash):
        raise IdempotencyConflict("This idempotency key was used for a different request.")
    return record.answer


async def remember(
    tx: Transaction, actor: Actor, key: str | None, operation: str, content_hash: str, answer: str
) -> None:
    """Keep the answer for `replay`; it is stored exactly when this transaction commits. Never hand in a secret."""
    if _applies(actor, key):
        tx.session.add(
            IdempotencyRecord(actor=actor.label, key=key, operation=operation, content_hash=content_hash, answer=answer)
        )


async def once(
    deps: Deps,
    actor: Actor,
    key: str | None,
    operation: str,
    content_hash: str,
    act: Callable[[Deps], Awaitable[T]],
    type_: type[T],
    *,
    redact: Callable[[T], T] = lambda answer: answer,
) -> T:
    """Run `act` once for this key and answer every repeat from what was stored.

    `act` calls a use case with the deps it is given: their database joins the transaction that also stores the answer,
    so the use case must do nothing slow. `redact` takes out what may be shown only once.
    """
    if not _applies(actor, key):
        return await act(deps)
    async with deps.database.write() as tx:
        stored = await replay(tx, actor, key, operation, content_hash)
        if stored is not None:
            return msgspec.json.decode(stored, type=type_)
        answer = await act(dataclasses.replace(deps, database=_Joined(tx)))
        kept = msgspec.json.encode(redact(answer)).decode()
        await remember(tx, actor, key, operation, content_hash, kept)
    return answer


class _Joined(Database):
    """A database whose every transaction is one that is already open; who opened it commits it."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        yield self._tx.session

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Transaction]:
        yield self._tx


def _applies(actor: Actor, key: str | None) -> bool:
    return key is not None and actor.kind is not ActorKind.ANONYMOUS
