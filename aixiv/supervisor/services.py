"""Which services a platform consists of, how each is started, and how to tell that it is ready."""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx2
import psycopg
from anyio import to_thread
from msgspec import Struct, structs
from pydantic import SecretStr

from aixiv.settings import Settings
from aixiv.storage import StorageUnavailable
from aixiv.supervisor.postgres import EmbeddedPostgres
from aixiv.supervisor.process import MARK, Command
from aixiv.supervisor.s3 import EmbeddedS3, free_port

DATABASE, OBJECTS, INFERENCE, WEB, WORKER = "database", "objects", "inference", "web", "worker"
PARTS = (DATABASE, OBJECTS, INFERENCE, WEB, WORKER)
COMMAND_LINE = ("-c", "from aixiv.cli import main; main()")  # needs no script on PATH
NOT_READY = (psycopg.Error, StorageUnavailable, httpx2.HTTPError, OSError)  # what a probe raises meanwhile

LOADING_SECONDS = 900.0  # a large checkpoint from a slow disk


class Service(Struct, frozen=True, kw_only=True):
    """One part that runs as our child."""

    name: str
    address: str
    command: Command
    prepare: Callable[[], None]  # blocking; may run again before every restart
    probe: Callable[[], Awaitable[None]]  # raises one of `NOT_READY` until the service answers
    start_seconds: float = 60.0
    stop_seconds: float = 4.0


class Plan(Struct, frozen=True, kw_only=True):
    """What to run, what is run by others, and the settings that name all of them."""

    settings: Settings
    foundation: tuple[Service, ...]  # database, objects, inference: started first
    platform: tuple[Service, ...]  # web and worker: started on a migrated database
    external: dict[str, str]  # part -> address given from outside


def plan(settings: Settings, *, only: tuple[str, ...] = PARTS) -> Plan:
    """Decide what this machine must run. A part whose address is set belongs to somebody else."""
    home = settings.home.absolute()
    settings = settings.model_copy(update={"home": home}).with_secrets()
    postgres = EmbeddedPostgres(home)
    s3 = _s3(settings)
    found = {
        "database_url": settings.database_url or postgres.url(),
        "s3_endpoint": settings.s3_endpoint or s3.endpoint,
        "inference_url": settings.inference_url or f"http://127.0.0.1:{free_port()}",
    }
    given = {DATABASE: settings.database_url, OBJECTS: settings.s3_endpoint, INFERENCE: settings.inference_url}
    settings = settings.model_copy(update=found).with_own_model()
    made = {
        DATABASE: lambda: _database(settings, postgres),
        OBJECTS: lambda: _objects(settings, s3),
        INFERENCE: lambda: _inference(settings),
        WEB: lambda: _web(settings),
        WORKER: lambda: _worker(settings),
    }
    ours = [name for name in PARTS if name in only and not given.get(name)]
    return Plan(
        settings=settings,
        foundation=tuple(made[name]() for name in ours if name in given),
        platform=tuple(made[name]() for name in ours if name not in given),
        external={name: _without_password(address) for name, address in given.items() if address},
    )


def upgrade_command(settings: Settings) -> Command:
    """Bring the database's tables up to date."""
    return _own_program(settings, *COMMAND_LINE, "db", "upgrade")


def environment(settings: Settings) -> dict[str, str]:
    """Settings as a child reads them. Secrets go this way because everybody can read arguments."""
    values = {name: getattr(settings, name) for name in type(settings).model_fields}
    return {f"AIXIV_{name.upper()}": _word(value) for name, value in values.items()}


def _database(settings: Settings, postgres: EmbeddedPostgres) -> Service:
    async def probe() -> None:
        await to_thread.run_sync(postgres.ready)

    return Service(
        name=DATABASE,
        address=settings.database_url,
        command=postgres.command(),
        prepare=postgres.prepare,
        probe=probe,
        start_seconds=300.0,  # recovery after a crash reads the log again, which must not be interrupted
    )


def _s3(settings: Settings) -> EmbeddedS3:
    return EmbeddedS3(
        settings.home,
        port=free_port(),
        access_key=settings.s3_access_key.get_secret_value(),
        secret_key=settings.s3_secret_key.get_secret_value(),
        region=settings.s3_region,
    )


def _objects(settings: Settings, s3: EmbeddedS3) -> Service:
    bucket = s3.blobs(settings.s3_bucket)

    async def probe() -> None:
        await _listens(s3.endpoint)  # first, because the S3 client tries again by itself and complains in the log
        await bucket.ensure_bucket()

    command = s3.command()
    return Service(
        name=OBJECTS,
        address=s3.endpoint,
        command=structs.replace(command, env={**command.env, MARK: str(settings.home)}),
        prepare=s3.prepare,
        probe=probe,
    )


def _inference(settings: Settings) -> Service:
    port = settings.inference_url.rsplit(":", 1)[1]
    words = ["-m", "inference", "--host", "127.0.0.1", "--port", port]
    if settings.model:
        words += ["--model", settings.model_source, "--name", settings.model_name, "--dtype", settings.model_dtype]
        words += ["--context", str(settings.model_context)] if settings.model_context else []
        words += ["--kv-memory", str(settings.kv_memory_bytes)] if settings.kv_memory_bytes else []
    return Service(
        name=INFERENCE,
        address=settings.inference_url,
        command=_own_program(settings, *words),
        prepare=_nothing,
        probe=lambda: _answers(f"{settings.inference_url}/health"),
        start_seconds=LOADING_SECONDS if settings.model else 60.0,
    )


def _web(settings: Settings) -> Service:
    words = ("-m", "uvicorn", "mcp_server.asgi:create_app", "--factory", "--host", settings.host)
    more = ("--port", str(settings.port), "--no-access-log", "--timeout-graceful-shutdown", "3")
    loopback = "127.0.0.1" if settings.host in ("0.0.0.0", "::", "") else settings.host  # noqa: S104 - compared
    return Service(
        name=WEB,
        address=settings.address,
        command=_own_program(settings, *words, *more),
        prepare=_nothing,
        probe=lambda: _answers(f"http://{loopback}:{settings.port}/readyz"),
    )


def _worker(settings: Settings) -> Service:
    return Service(
        name=WORKER,
        address="",
        command=_own_program(settings, *COMMAND_LINE, "worker"),
        prepare=_nothing,
        probe=_at_once,
        stop_seconds=5.0,
    )


def _own_program(settings: Settings, *words: str) -> Command:
    return Command(
        argv=(sys.executable, *words),
        env={**environment(settings), MARK: str(settings.home)},
        death_signal=signal.SIGKILL,  # no long goodbyes without a supervisor: all state is in the database
    )


async def _listens(address: str) -> None:
    host, _, port = address.removeprefix("http://").rpartition(":")
    _, writer = await asyncio.open_connection(host, int(port))
    writer.close()
    await writer.wait_closed()


async def _answers(url: str) -> None:
    async with httpx2.AsyncClient(timeout=2.0, trust_env=False) as http:
        response = await http.get(url)
    if response.status_code != 200:
        raise ConnectionError(f"{url} answered {response.status_code}")


async def _at_once() -> None:
    return


def _nothing() -> None:
    return


def _word(value: object) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, bool):
        return str(value).lower()
    return os.fspath(value) if isinstance(value, Path) else str(value)


def _without_password(address: str) -> str:
    head, at, tail = address.rpartition("@")
    scheme, found, user = head.partition("://")
    return f"{scheme}{found}{user.split(':')[0]}{at}{tail}" if at else address
