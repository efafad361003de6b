"""Which revision a database's tables have, and which is the newest we know."""

import importlib.util

import psycopg


def newest_revision() -> str | None:
    """The last revision of the package `migrations`, which is read as files and not imported."""
    from alembic.script import ScriptDirectory

    found = importlib.util.find_spec("migrations")
    if found is None or not found.submodule_search_locations:
        return None
    return ScriptDirectory(found.submodule_search_locations[0]).get_current_head()


def revision_of(connection: psycopg.Connection[tuple[object, ...]]) -> str | None:
    """The revision of a database, or None for one without our tables."""
    table = connection.execute("SELECT to_regclass('alembic_version')").fetchone()
    if table is None or table[0] is None:
        return None
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return None if row is None else str(row[0])


def is_newest(url: str) -> bool:
    """Whether nothing needs to be upgraded; a question of milliseconds, where an upgrade takes seconds to start."""
    with psycopg.connect(url, connect_timeout=5, autocommit=True) as connection:
        revision = revision_of(connection)
    return revision is not None and revision == newest_revision()
