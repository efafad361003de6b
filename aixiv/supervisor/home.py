"""The data folder of one running platform: who holds it, and where its embedded services listen."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aixiv.settings import Settings

SERVICES = ("database_url", "s3_endpoint", "inference_url")


class StartRefused(Exception):
    """The platform cannot start; the message says what to change."""


@contextmanager
def held(home: Path) -> Iterator[None]:
    """Hold the data folder for this process. Raises `StartRefused` when another one holds it.

    The kernel frees the lock when we die, so a lock is never stale.
    """
    folder = home / "run"
    for made in (home, folder):
        made.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / "lock").open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            holder = file.read().strip() or "another process"
            raise StartRefused(
                f"{home} is in use by {holder}; stop it, or set AIXIV_HOME and AIXIV_PORT for a second platform"
            ) from error
        file.truncate(0)
        file.write(f"pid {os.getpid()}")
        file.flush()
        yield
        _addresses_file(home).unlink(missing_ok=True)


def publish_addresses(settings: Settings) -> None:
    """Let other commands on this machine find the embedded services, and print links that lead to this platform."""
    path = _addresses_file(settings.home)
    scratch = path.with_suffix(".new")
    with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump({name: getattr(settings, name) for name in SERVICES} | {"public_url": settings.address}, file)
    scratch.replace(path)


def with_running_addresses(settings: Settings) -> Settings:
    """These settings, with the addresses that a running `aixiv up` of the same home has and gave its services."""
    if not _is_held(settings.home):
        return settings.with_own_model()
    try:
        known: dict[str, str] = json.loads(_addresses_file(settings.home).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return settings
    missing = {name: address for name, address in known.items() if not getattr(settings, name)}
    return settings.with_secrets().model_copy(update=missing).with_own_model()


def _is_held(home: Path) -> bool:
    try:
        with (home / "run" / "lock").open("r", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def _addresses_file(home: Path) -> Path:
    return home / "run" / "addresses.json"
