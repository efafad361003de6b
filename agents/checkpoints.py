"""Where runs are remembered: PostgreSQL, through LangGraph's saver, on a pool that outlives a database restart.

The saver wants its own autocommit connections and never shares a transaction with the platform. Its serializer is
strict: whoever could write into the checkpoint tables must not be able to have a class built from them.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from psycopg import AsyncConnection, InterfaceError, OperationalError
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool, PoolTimeout

Checkpointer = BaseCheckpointSaver[str]

CHECKPOINT_ERRORS = (OperationalError, InterfaceError, PoolTimeout)  # the database is away; a later attempt can go on
POOL_SIZE = 4
BORROW_SECONDS = 30.0
KEPT_LOOKS = 200
KEPT_PAUSE = 0.01  # seconds


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


async def until_kept(checkpointer: Checkpointer, run_id: str, channel: str, keys: Iterable[str]) -> None:
    """Wait until the checkpointer holds these answers of a fan-out.

    LangGraph hands a branch's result to the saver and to the stream at the same moment. Whoever hears that a reviewer
    has delivered may rely on it: a process killed right after does not ask that reviewer again.
    """
    config: RunnableConfig = {"configurable": {"thread_id": run_id}}
    wanted = set(keys)
    for _ in range(KEPT_LOOKS):
        kept = await checkpointer.aget_tuple(config)
        if kept is not None:
            values = [value for _, name, value in kept.pending_writes or [] if name == channel]
            values.append(kept.checkpoint["channel_values"].get(channel, {}))
            if wanted <= {key for value in values for key in value}:
                return
        await asyncio.sleep(KEPT_PAUSE)
