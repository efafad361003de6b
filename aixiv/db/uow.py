"""Transactions. The only module that commits.

`async with database.write() as tx:` is one transaction: rows, events and jobs are stored together or not at all.
Nothing slow belongs inside: no network, no model, no file, no parse.
"""

import copy
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from msgspec import structs
from psycopg import OperationalError as PsycopgOperationalError
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from aixiv.db.event import EventRow
from aixiv.domain.errors import Unavailable
from aixiv.domain.events import GENESIS, Event, chain_hash

Defer = Callable[[Any, str, dict[str, Any]], Awaitable[None]]
"""Puts a job into the queue on a given driver connection: (connection, task name, arguments)."""

_EVENT_LOCK = 0x61697869  # advisory lock that orders the event chain
OVERFLOW = 10  # connections beyond the pool's size in a rush
BORROW_SECONDS = 15.0  # how long to wait for one


class Transaction:
    """One open write transaction: `session` for rows, `record` for events, `defer` for jobs."""

    def __init__(self, session: AsyncSession, defer: Defer, noted: dict[str, str]) -> None:
        self.session = session
        self._defer = defer
        self._noted = noted
        self._events: list[Event] = []

    def record(self, event: Event) -> None:
        """Append an event to the log when this transaction commits, with what was noted of the door it came by."""
        via = {"via": self._noted} if self._noted else {}
        self._events.append(structs.replace(event, data=event.data | via))

    async def defer(self, task: str, **arguments: Any) -> None:
        """Put a job into the queue; it exists exactly when this transaction commits."""
        connection = await (await self.session.connection()).get_raw_connection()
        await self._defer(connection.driver_connection, task, arguments)

    async def append_events(self) -> None:
        """Chain the recorded events to the log. Taken last, so that the lock is held only until the commit."""
        if not self._events:
            return
        await self.session.flush()
        await self.session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _EVENT_LOCK})
        last = (
            await self.session.execute(select(EventRow.seq, EventRow.hash).order_by(EventRow.seq.desc()).limit(1))
        ).first()
        seq, previous = (last.seq, last.hash) if last else (0, GENESIS)
        for event in self._events:
            seq, hashed = seq + 1, chain_hash(event, previous)
            self.session.add(
                EventRow(
                    seq=seq,
                    tag=event.tag.value,
                    actor=event.actor,
                    at=event.at,
                    paper_id=event.paper_id,
                    version_id=event.version_id,
                    data=event.data,
                    previous=previous,
                    hash=hashed,
                )
            )
            previous = hashed
        self._events.clear()


class Database:
    """The engine and its two kinds of session: `read` for queries, `write` for use cases."""

    def __init__(self, url: str, *, defer: Defer, read_only: bool = False, pool_size: int = 5) -> None:
        self.engine: AsyncEngine = create_async_engine(
            driver_url(url), pool_pre_ping=True, pool_size=pool_size, max_overflow=OVERFLOW, pool_timeout=BORROW_SECONDS
        )
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)
        self._defer = defer
        self._read_only = read_only
        self._noted: dict[str, str] = {}

    def noting(self, **said: str) -> "Database":
        """The same database for one caller: every event also keeps `said` under `via`.

        It is what a client says of itself, kept as a trace. Nothing is decided by it and no reader is shown it.
        """
        view = copy.copy(self)
        view._noted = said
        return view

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A session that cannot write: the database refuses."""
        async with _outage_named(), self._sessions() as session:
            await session.execute(text("SET TRANSACTION READ ONLY"))
            yield session

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Transaction]:
        """One transaction: committed when the block ends well, rolled back when it raises."""
        if self._read_only:
            raise Unavailable("The platform is read-only for maintenance.", code="read_only")
        async with _outage_named(), self._sessions() as session:
            tx = Transaction(session, self._defer, self._noted)
            yield tx
            await tx.append_events()
            await session.commit()

    async def close(self) -> None:
        """Close all connections."""
        await self.engine.dispose()


def driver_url(url: str) -> str:
    """The SQLAlchemy address of a `postgresql://` address, on psycopg 3."""
    return url.replace("postgresql://", "postgresql+psycopg://", 1).replace("postgres://", "postgresql+psycopg://", 1)


@asynccontextmanager
async def _outage_named() -> AsyncIterator[None]:
    """A lost or refused connection becomes `Unavailable`; errors of the statement itself pass."""
    try:
        yield
    except DBAPIError as error:
        if error.connection_invalidated or isinstance(error, InterfaceError | OperationalError):
            raise Unavailable("The database does not answer.", code="database_unavailable") from error
        raise
    except PoolTimeout as error:
        raise Unavailable("Too many requests use the database at once.", code="database_busy") from error
    except (PsycopgOperationalError, ConnectionError) as error:
        raise Unavailable("The database does not answer.", code="database_unavailable") from error
