"""Where runs are remembered: PostgreSQL, through LangGraph's saver, on a pool that outlives a database restart.

The saver wants its own autocommit connections and never shares a transaction with the platform. Its serializer is
strict: whoever could write into the checkpoint tables must not be able to have a class built from them.
"""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from psycopg import AsyncConnection, OperationalError
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool, PoolTimeout

Checkpointer = BaseCheckpointSaver[str]

CHECKPOINT_ERRORS = (OperationalError, PoolTimeout)  # the database is away; a later attempt can go on
POOL_SIZE = 4
BORROW_SECONDS = 30.0


def strict_serializer() -> JsonPlusSerializer:
    """Plain types and LangGraph's own only, whatever `LANGGRAPH_STRICT_MSGPACK` says at import."""
    return JsonPlusSerializer(pickle_fallback=False, allowed_msgpack_modules=None)


@asynccontextmanager
async def postgres_checkpointer(conninfo: str) -> AsyncIterator[Checkpointer]:
    """A saver on its own small pool, with its tables made. `conninfo` is a libpq URL or string.

    A connection is tried before it is lent, so the first run after a database restart does not meet a dead one.
    """
    options: dict[str, Any] = {"autocommit": True, "prepare_threshold": 0, "row_factory": dict_row}
    async with AsyncConnectionPool[AsyncConnection[DictRow]](
        conninfo,
        kwargs=options,
        min_size=1,
        max_size=POOL_SIZE,
        timeout=BORROW_SECONDS,
        check=AsyncConnectionPool.check_connection,
        open=False,
    ) as pool:
        saver = AsyncPostgresSaver(pool, serde=strict_serializer())
        await saver.setup()
        yield saver


def memory_checkpointer() -> Checkpointer:
    """Remembers within one process: for a review of a local file."""
    return InMemorySaver(serde=strict_serializer())


async def forget_runs(checkpointer: Checkpointer, run_ids: Iterable[str]) -> None:
    """Delete what finished runs left; their results are stored by the platform."""
    for run_id in run_ids:
        await checkpointer.adelete_thread(run_id)
