"""What is reachable, what would run, and what to set: the facts behind `aixiv doctor`."""

import asyncio
from typing import Literal

import psycopg
from anyio import to_thread
from msgspec import Struct
from psycopg.conninfo import conninfo_to_dict

from aixiv.settings import Settings
from aixiv.storage import Blobs, StorageError
from aixiv.supervisor.models import MEND, PATIENCE_SECONDS, is_own, own_base, reason, served
from aixiv.supervisor.schema import newest_revision, revision_of

State = Literal["ok", "down", "off", "attention"]
NOT_STARTED = "start the platform with `aixiv up`, or set {}"


class Line(Struct, frozen=True):
    """One fact. `fix` is empty where nothing needs to be done."""

    part: str
    state: State
    detail: str
    fix: str


async def examine(settings: Settings) -> list[Line]:
    """Look at every part. Never raises for a part that is down: that is what it is here to say."""
    settings = settings.with_secrets()
    database, objects, inference, language = await asyncio.gather(
        _database(settings), _objects(settings), _inference(settings), _language_model(settings)
    )
    return [*database, objects, inference, language, _judge(settings, language), _home(settings)]


async def _database(settings: Settings) -> list[Line]:
    part = "database"
    if not settings.database_url:
        return [Line(part, "down", "no address", NOT_STARTED.format("AIXIV_DATABASE_URL"))]
    try:
        known = await to_thread.run_sync(_ask_database, settings.database_url)
    except psycopg.Error as error:
        reason = str(error).strip().splitlines()[-1]
        return [Line(part, "down", f"{_place(settings.database_url)}: {reason}", "check AIXIV_DATABASE_URL")]
    server = Line(part, "ok", f"PostgreSQL {known.version} at {_place(settings.database_url)}", "")
    return [server, _pgvector(known), _schema(known)]


class _Known(Struct, frozen=True):
    version: str
    pgvector: str | None  # installed in this database
    pgvector_offered: bool  # could be installed
    revision: str | None
    newest: str | None


def _ask_database(url: str) -> _Known:
    with psycopg.connect(url, connect_timeout=int(PATIENCE_SECONDS), autocommit=True) as connection:

        def one(query: str) -> str | None:
            row = connection.execute(query.encode()).fetchone()
            return None if row is None or row[0] is None else str(row[0])

        return _Known(
            version=one("SHOW server_version") or "?",
            pgvector=one("SELECT extversion FROM pg_extension WHERE extname = 'vector'"),
            pgvector_offered=one("SELECT 1 FROM pg_available_extensions WHERE name = 'vector'") is not None,
            revision=revision_of(connection),
            newest=newest_revision(),
        )


def _pgvector(known: _Known) -> Line:
    if known.pgvector is not None:
        return Line("pgvector", "ok", f"version {known.pgvector}", "")
    if known.pgvector_offered:
        return Line("pgvector", "attention", "offered by the server, not installed yet", "run `aixiv db upgrade`")
    return Line("pgvector", "down", "the server does not offer it", "install pgvector on the database server")


def _schema(known: _Known) -> Line:
    if known.revision is not None and known.revision == known.newest:
        return Line("schema", "ok", f"revision {known.revision}, the newest", "")
    if known.revision is None:
        return Line("schema", "attention", "no tables yet", "run `aixiv db upgrade`")
    detail = f"revision {known.revision}, newest is {known.newest}"
    return Line("schema", "attention", detail, "run `aixiv db upgrade`")


async def _objects(settings: Settings) -> Line:
    part = "objects"
    if not settings.s3_endpoint:
        return Line(part, "down", "no address", NOT_STARTED.format("AIXIV_S3_ENDPOINT"))
    keys = (settings.s3_access_key.get_secret_value(), settings.s3_secret_key.get_secret_value())
    try:
        await Blobs(settings.s3_endpoint, *keys, settings.s3_bucket, settings.s3_region).ping()
    except (StorageError, ValueError) as error:
        fix = "check AIXIV_S3_ENDPOINT, AIXIV_S3_ACCESS_KEY, AIXIV_S3_SECRET_KEY and AIXIV_S3_BUCKET"
        return Line(part, "down", f"{settings.s3_endpoint}: {error}", fix)
    return Line(part, "ok", f"bucket {settings.s3_bucket} at {settings.s3_endpoint}", "")


async def _inference(settings: Settings) -> Line:
    part = "inference"
    if not settings.inference_url:
        return Line(part, "down", "no address", NOT_STARTED.format("AIXIV_INFERENCE_URL"))
    found = await served(own_base(settings), settings.inference_api_key.get_secret_value())
    if isinstance(found, str):
        fix = "check AIXIV_INFERENCE_URL and AIXIV_INFERENCE_API_KEY"
        return Line(part, "down", f"{settings.inference_url}: {found}", fix)
    names = f"{', '.join(found.tasks)} at {settings.inference_url}"
    if settings.model and settings.model_name not in found.tasks:
        return Line(part, "attention", f"{names}; {reason(settings, found)}", MEND)
    return Line(part, "ok", names if settings.model else f"{names} (embeddings only)", "")


async def _language_model(settings: Settings) -> Line:
    part = "model"
    wanted, base = settings.llm_model, settings.llm_base_url
    if not base:
        fix = "set AIXIV_MODEL, or AIXIV_LLM_BASE_URL and AIXIV_LLM_MODEL, for judgement by a language model"
        return Line(part, "off", "no language model is set", fix)
    own = is_own(settings)
    found = await served(base, settings.llm_api_key.get_secret_value())
    if isinstance(found, str):
        prefixes = ("INFERENCE", "INFERENCE") if own else ("LLM_BASE", "LLM")
        fix = "check AIXIV_{}_URL and AIXIV_{}_API_KEY".format(*prefixes)
        return Line(part, "down", f"{base}: {found}", fix)
    if found.tasks.get(wanted) == "embedding":
        fix = MEND if own else "name a language model instead"
        return Line(part, "down", f"{wanted} is an embedding model, it writes no texts", fix)
    if wanted not in found.tasks and own:
        return Line(part, "down", f"AIXIV_MODEL: {reason(settings, found)}", MEND)
    if wanted not in found.tasks:
        offered = ", ".join([*found.tasks][:5]) or "none"
        return Line(part, "down", f"{base} does not serve {wanted!r}; it has: {offered}", "set AIXIV_LLM_MODEL")
    return Line(part, "ok", f"{wanted} at {base}", "")


def _judge(settings: Settings, language: Line) -> Line:
    judge = settings.judge_in_use
    why = "AIXIV_JUDGE" if settings.judge != "auto" else "a language model is set"
    if judge == "evidence":
        why = why if settings.judge != "auto" else "no language model is set"
        return Line("judge", "ok", f"evidence: rules and measurements, no model ({why})", "")
    if language.state == "ok":
        return Line("judge", "ok", f"language-model ({why})", "")
    fix = "see the line above, or set AIXIV_JUDGE=evidence"
    return Line("judge", "down", f"language-model ({why}), but its model does not answer", fix)


def _home(settings: Settings) -> Line:
    kind = "every secret must be set" if settings.env == "production" else "missing secrets are made here"
    return Line("home", "ok", f"{settings.home.absolute()} ({settings.env}: {kind})", "")


def _place(url: str) -> str:
    """Host and database of an address, without its password."""
    try:
        known = conninfo_to_dict(url)
    except psycopg.Error:
        return "the given address"
    return f"{known.get('host', 'localhost')}/{known.get('dbname', '')}"
