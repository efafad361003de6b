"""`aixiv up` as an operator starts it, in a process of its own, and ways to kill its parts."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import psycopg

from aixiv.settings import Settings
from aixiv.supervisor.home import with_running_addresses
from aixiv.supervisor.s3 import free_port
from aixiv.supervisor.services import COMMAND_LINE, DATABASE, OBJECTS, WEB, WORKER
from tests.fixtures.services import REPOSITORY
from tests.supervisor.platform import processes_of

START_SECONDS = 180.0
ARGUMENT_OF = {WEB: "uvicorn", WORKER: "worker", OBJECTS: "s3"}


class Up:
    """A platform that serves from `home`."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.port = free_port()
        self.log = home.with_suffix(".log")
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self._argv("up"), cwd=REPOSITORY, env=self._env, stdout=log, stderr=log)

    @property
    def _env(self) -> dict[str, str]:
        return {**os.environ, "AIXIV_HOME": str(self.home), "AIXIV_PORT": str(self.port)}

    def _argv(self, *words: str) -> list[str]:
        return [sys.executable, *COMMAND_LINE, *words]

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def settings(self) -> Settings:
        """Settings of another command on this machine, as `aixiv` finds them."""
        return with_running_addresses(Settings(home=self.home, port=self.port))

    def wait_up(self) -> None:
        """Until it says that it serves."""
        served = eventually(lambda: "is serving at" in self.log.read_text() or self.process.poll() is not None)
        assert served, "the platform did not come up"
        assert self.process.poll() is None, self.log.read_text()

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Another `aixiv` command against this platform."""
        return subprocess.run(
            self._argv(*words), cwd=REPOSITORY, env=self._env, capture_output=True, text=True, check=False, timeout=120
        )

    def pids_of(self, part: str) -> list[int]:
        """The process that is this part; none while it starts again."""
        if part == DATABASE:
            with suppress(FileNotFoundError, ValueError):
                return [int((self.home / "postgres" / "postmaster.pid").read_text().split("\n", 1)[0])]
            return []
        word = ARGUMENT_OF[part]
        return [p.pid for p in processes_of(self.home) if word in _words(p)]

    def kill(self, part: str) -> bool:
        """Kill -9; whether there was something to kill."""
        struck = False
        for pid in self.pids_of(part):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                struck = True
        return struck

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of a query on the platform's database."""
        with psycopg.connect(self.settings.database_url, connect_timeout=5) as connection:
            return connection.execute(query.encode()).fetchall()

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=40)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextmanager
def up(home: Path) -> Iterator[Up]:
    """A platform that serves for the time of a `with`."""
    platform = Up(home)
    try:
        platform.wait_up()
        yield platform
    finally:
        platform.stop()


def eventually(true: Callable[[], bool], seconds: float = START_SECONDS) -> bool:
    """Whether something becomes true in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(0.1)
    return False


def _words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []
