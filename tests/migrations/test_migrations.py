"""Schema history: up, down, no drift, safe at once from two machines; and what the database itself refuses."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
from psycopg import errors

from aixiv.usecases.housekeeping import LIVE_JOB
from tests.fixtures.services import REPOSITORY

LOCK = 0x6169786D
SCHEMA = REPOSITORY / "migrations" / "versions" / "procrastinate_3_10_0.sql"


def start(url: str, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "alembic", *words],
        cwd=REPOSITORY,
        env={**os.environ, "AIXIV_DATABASE_URL": url},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def alembic(url: str, *words: str) -> str:
    process = start(url, *words)
    output, _ = process.communicate(timeout=100)
    assert process.returncode == 0, output
    return output


def structure(url: str) -> set[tuple[str, ...]]:
    """Everything with a name in the public schema, with its definition where that can be asked."""
    with psycopg.connect(url) as connection:
        connection.execute("SET search_path TO public")
        queries = (
            (
                "SELECT 'column', table_name, column_name, data_type, is_nullable FROM information_schema.columns"
                " WHERE table_schema = 'public' AND table_name <> 'alembic_version'"
            ),
            (
                "SELECT 'index', tablename, indexname, indexdef, '' FROM pg_indexes WHERE schemaname = 'public'"
                " AND tablename <> 'alembic_version'"
            ),
            (
                "SELECT 'check', conrelid::regclass::text, conname, pg_get_constraintdef(oid), '' FROM pg_constraint"
                " WHERE connamespace = 'public'::regnamespace AND conrelid <> 0"
                " AND conrelid::regclass::text <> 'alembic_version'"
            ),
            (
                "SELECT 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid), '' FROM pg_trigger"
                " WHERE NOT tgisinternal"
            ),
            (
                "SELECT 'function', proname, md5(prosrc), pg_get_function_identity_arguments(oid), '' FROM pg_proc p"
                " WHERE pronamespace = 'public'::regnamespace AND NOT EXISTS (SELECT 1 FROM pg_depend d"
                " WHERE d.objid = p.oid AND d.deptype = 'e')"
            ),
            (
                "SELECT 'type', typname, typtype::text, '', '' FROM pg_type WHERE typnamespace = 'public'::regnamespace"
                " AND typtype IN ('e', 'c') AND typname NOT LIKE 'alembic%%'"
            ),
        )
        return {tuple(map(str, row)) for query in queries for row in connection.execute(query.replace("%%", "%"))}


def test_an_upgraded_database_is_what_the_code_expects(database_url: str) -> None:
    assert "No new upgrade operations detected" in alembic(database_url, "check")


def test_a_missing_column_would_be_noticed(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("ALTER TABLE papers DROP COLUMN track")
    process = start(database_url, "check")
    output, _ = process.communicate(timeout=100)
    assert process.returncode != 0
    assert "track" in output


def test_down_to_nothing_and_up_again_is_the_same(database_url: str) -> None:
    before = structure(database_url)
    assert len(before) > 200
    alembic(database_url, "downgrade", "base")
    assert structure(database_url) == set()
    alembic(database_url, "upgrade", "head")
    assert structure(database_url) == before


def test_two_upgrades_at_once_are_one(postgres_url: str, database_url: str) -> None:
    both = [start(postgres_url, "upgrade", "head") for _ in range(2)]
    for process in both:
        output, _ = process.communicate(timeout=100)
        assert process.returncode == 0, output
    assert structure(postgres_url) == structure(database_url)


def test_an_upgrade_waits_for_one_that_is_under_way(postgres_url: str) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        process = start(postgres_url, "upgrade", "head")
        waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        deadline = time.monotonic() + 30
        while other.execute(waiting).fetchone() == (0,) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert other.execute("SELECT to_regclass('versions')").fetchone() == (None,)
        other.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
        output, _ = process.communicate(timeout=60)
        assert process.returncode == 0, output


def test_a_table_that_is_in_use_stops_a_migration_soon(database_url: str) -> None:
    with psycopg.connect(database_url) as reader:
        reader.execute("SELECT * FROM versions")
        began = time.monotonic()
        process = start(database_url, "downgrade", "base")
        output, _ = process.communicate(timeout=60)
        assert process.returncode != 0
        assert "lock timeout" in output
        assert time.monotonic() - began < 40
    alembic(database_url, "upgrade", "head")
    assert "No new upgrade operations detected" in alembic(database_url, "check")


def test_the_queue_s_functions_are_the_library_s_own(database_url: str) -> None:
    text = SCHEMA.read_text(encoding="utf-8")
    bodies = {body.strip() for body in re.findall(r"AS \$\$(.*?)\$\$", text, re.DOTALL)}
    bodies |= {body.strip() for body in re.findall(r"\$BODY\$(.*?)\$BODY\$", text, re.DOTALL)}
    with psycopg.connect(database_url) as connection:
        stored = connection.execute(
            b"SELECT proname, prosrc FROM pg_proc WHERE proname LIKE 'procrastinate%'"
        ).fetchall()
    assert len(stored) >= 15
    assert [name for name, source in stored if "%%" in source] == []
    assert [name for name, source in stored if source.strip() not in bodies] == []


def test_the_live_jobs_of_a_version_are_found_by_an_index(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("SET enable_seqscan = off")
        asked = str(LIVE_JOB).replace(":version", "'01a20319-03c9-78df-888e-2c2079c2938e'")
        plan = " ".join(row[0] for row in connection.execute(f"EXPLAIN {asked}"))
    assert "aixiv_live_jobs_of_version" in plan


def test_the_pinned_schema_is_that_of_the_library_in_use() -> None:
    import procrastinate

    theirs = Path(procrastinate.__file__).parent / "sql" / "schema.sql"
    assert SCHEMA.read_text(encoding="utf-8").strip().endswith(theirs.read_text(encoding="utf-8").strip())


CONTENT = ["paper_id = gen_random_uuid()", "n = 2", "file_sha256 = repeat('b', 64)", "licence = 'CC0-1.0'"]
PUBLISHED = ["title = 'Other'", "abstract = 'Other'", "published_at = now()", "published_at = NULL"]


@pytest.mark.parametrize("change", [*CONTENT, "submitted_at = now()"])
def test_submitted_content_cannot_be_changed(database_url: str, change: str) -> None:
    refuse(database_url, "submitted", change)


@pytest.mark.parametrize("change", PUBLISHED)
def test_published_words_cannot_be_changed(database_url: str, change: str) -> None:
    refuse(database_url, "published", change)
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE versions SET status = 'retracted', status_reason = 'Wrong.'")


def refuse(url: str, status: str, change: str) -> None:
    with psycopg.connect(url) as connection:
        put_version(connection, status)
    with psycopg.connect(url) as connection, pytest.raises(errors.RaiseException, match="immutable"):
        connection.execute(f"UPDATE versions SET {change}".encode())


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("status = 'lost'", "ck_versions_status"),
        ("status = 'withdrawn', status_reason = ''", "ck_versions_tombstone_reason"),
        ("status = 'published'", "ck_versions_published_at"),
        ("base_version = 1", "ck_versions_base"),
    ],
)
def test_rows_that_make_no_sense_are_refused(database_url: str, change: str, constraint: str) -> None:
    with psycopg.connect(database_url) as connection:
        put_version(connection, "submitted")
    with psycopg.connect(database_url) as connection, pytest.raises(errors.CheckViolation, match=constraint):
        connection.execute(f"UPDATE versions SET {change}".encode())


def test_two_published_versions_or_two_runs_at_once_are_refused(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        put_version(connection, "published")
    copy = "paper_id, 2, 1, status, '', title, '', '{}', '{}', licence, '', submitted_by, file_name, file_sha256"
    second = f"INSERT INTO versions ({COLUMNS}, published_at) SELECT gen_random_uuid(), {copy},"
    second += " 0, false, now(), '', now() FROM versions"
    with psycopg.connect(database_url) as connection, pytest.raises(errors.UniqueViolation, match="one_published"):
        connection.execute(second.encode())
    runs = "INSERT INTO runs (id, version_id, generation, status, step, message, percent, started_at)"
    runs += " SELECT gen_random_uuid(), id, g, 'running', '', '', 0, now() FROM versions, generate_series(1, 2) g"
    with psycopg.connect(database_url) as connection, pytest.raises(errors.UniqueViolation, match="one_running"):
        connection.execute(runs.encode())


COLUMNS = (
    "id, paper_id, n, base_version, status, status_reason, title, abstract, categories, keywords, licence, summary,"
    " submitted_by, file_name, file_sha256, generation, screening_waived, submitted_at, body"
)


def put_version(connection: psycopg.Connection[tuple[object, ...]], status: str) -> None:
    """A user, a paper and its first version."""
    connection.execute(
        "WITH u AS (INSERT INTO users (id, email, name, affiliation, orcid, password_hash, roles, created_at)"
        " VALUES (gen_random_uuid(), 'a@b', 'A', '', '', '', '{}', now()) RETURNING id),"
        " p AS (INSERT INTO papers (id, kind, track, owner_id, created_at)"
        " SELECT gen_random_uuid(), 'paper', 'standard', id, now() FROM u RETURNING id),"
        " a AS (INSERT INTO artifacts VALUES (repeat('a', 64), 1, 'text/plain', now()) RETURNING sha256)"
        f" INSERT INTO versions ({COLUMNS}, published_at) SELECT gen_random_uuid(), p.id, 1, NULL, '{status}', '',"
        " 'T', '', '{}', '{}', 'CC-BY-4.0', '', 'user', 'f', sha256, 0, false, now() - interval '1 day', '',"
        f" {'now()' if status == 'published' else 'NULL'} FROM p, a".encode()
    )
