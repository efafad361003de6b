"""A supervisor in a process of its own, and what can be seen of it from outside."""

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
from pydantic import SecretStr

from aixiv.settings import Settings
from aixiv.storage import Blobs
from aixiv.supervisor.process import MARK
from tests.fixtures.services import REPOSITORY

START_SECONDS = 120.0  # of a machine that does much else


class Platform:
    """`tests.supervisor.foundation` on a home."""

    def __init__(self, home: Path, *parts: str, **settings: str) -> None:
        self.home = home
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.supervisor.foundation", str(home), *parts],
            cwd=REPOSITORY,
            env={**os.environ, **settings},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.facts: dict[str, Any] = {}

    def wait_up(self) -> "Platform":
        assert self.process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            assert selector.select(START_SECONDS), "the platform did not come up"
        line = self.process.stdout.readline()
        assert line, self.complaint()
        self.facts = json.loads(line)
        return self

    def complaint(self) -> str:
        """What it wrote to stderr, once it has ended."""
        return self.process.communicate(timeout=START_SECONDS)[1].decode()

    def pid_of(self, part: str) -> int:
        return int(next(row["pid"] for row in self.facts["rows"] if row["name"] == part))

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=20)
        return self.process.returncode

    def blobs(self) -> Blobs:
        settings = Settings(home=self.home).with_secrets()
        keys = (settings.s3_access_key, settings.s3_secret_key)
        access, secret = (key.get_secret_value() for key in keys)
        return Blobs(self.facts["objects"], access, secret, settings.s3_bucket, settings.s3_region)


def processes_of(home: Path) -> list[psutil.Process]:
    """Everything that works for a home, whoever its parent is: by mark, or by an argument below the home."""
    found = []
    for process in psutil.process_iter():
        try:
            words = process.cmdline()
            marked = process.environ().get(MARK) == str(home)
        except (psutil.Error, OSError):
            continue
        is_supervisor = "tests.supervisor.foundation" in words
        if not is_supervisor and (marked or any(str(home) in word for word in words)):
            found.append(process)
    return found


def eventually(true: Callable[[], bool], seconds: float) -> bool:
    """Whether something becomes true in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(0.05)
    return False


def made_secrets(home: Path) -> list[str]:
    settings = Settings(home=home).with_secrets()
    fields: list[SecretStr] = [settings.secret_key, settings.s3_access_key, settings.s3_secret_key]
    return [field.get_secret_value() for field in fields]
