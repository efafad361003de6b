"""How revisions are applied: one at a time across all processes, each in its own transaction, never waiting long."""

import os
from typing import Any

from alembic import context
from sqlalchemy import create_engine, text

from aixiv.db import Base
from aixiv.db.uow import driver_url

LOCK = 0x6169786D
FOREIGN_TABLES = ("procrastinate_", "checkpoint")


def ours(_object: Any, name: str | None, kind: str, _reflected: bool, _other: Any) -> bool:
    """Whether autogenerate and the drift check look at this: the queue's and the checkpointer's tables are not ours."""
    return not (kind == "table" and name is not None and name.startswith(FOREIGN_TABLES))


def run() -> None:
    """Apply or compare, under an advisory lock, with short lock timeouts."""
    url = context.config.attributes.get("database_url") or os.environ["AIXIV_DATABASE_URL"]
    engine = create_engine(driver_url(url))
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": LOCK})
        connection.execute(text("SET lock_timeout = '5s'"))
        connection.execute(text("SET statement_timeout = '120s'"))
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            include_object=ours,
            compare_type=True,
            transaction_per_migration=True,
        )
        try:
            with context.begin_transaction():
                context.run_migrations()
        finally:
            connection.rollback()
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": LOCK})
            connection.commit()
    engine.dispose()


run()
