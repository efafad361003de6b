"""One child process: started so that it cannot outlive us, stopped within a bound, found again if left over.

A child must be started from the main thread: the kernel ties its life to the thread that started it.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import psutil
from msgspec import Struct

LOG_BYTES = 5 * 2**20  # a log longer than this is set aside when its process starts
MARK = "AIXIV_SUPERVISED_HOME"  # in the environment of every child and grandchild
KILL_SECONDS = 2.0


class User(Struct, frozen=True):
    """The system user a program runs as."""

    uid: int
    gid: int


class Command(Struct, frozen=True, kw_only=True):
    """A program to run. Secrets belong in `env`: everybody on the machine can read arguments."""

    argv: tuple[str, ...]  # argv[0] is an absolute path
    env: Mapping[str, str] = {}
    user: User | None = None
    stop_signal: int = signal.SIGTERM
    death_signal: int = signal.SIGTERM  # sent by the kernel when we die
    cwd: Path | None = None


def launch(command: Command, *, log: Path) -> subprocess.Popen[bytes]:
    """Start a program that dies with this thread; its output is appended to `log`."""
    user = command.user or User(-1, -1)
    launcher = [sys.executable, "-I", "-S", str(Path(__file__).with_name("child.py"))]
    ids = [os.getpid(), command.death_signal, user.uid, user.gid]
    argv = [*launcher, *(str(int(i)) for i in ids), *command.argv]
    with _open_log(log) as file:
        return subprocess.Popen(
            argv,
            env={**os.environ, **command.env},
            cwd=command.cwd,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C reaches only us; we stop the children in order
        )


def stop(process: subprocess.Popen[bytes], stop_signal: int, seconds: float) -> None:
    """Ask a child to stop, then kill it and whatever it started. Returns when it is gone."""
    family = _descendants(process.pid)
    if process.poll() is None:
        process.send_signal(stop_signal)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for orphan in family:
        _kill(orphan)


async def ended(process: subprocess.Popen[bytes], look_seconds: float = 0.1) -> int:
    """Wait for a child's end; its status."""
    while process.poll() is None:  # noqa: ASYNC110 - a child's death is no event of this loop
        await asyncio.sleep(look_seconds)
    return int(process.returncode)


def sweep(home: Path, seconds: float = 5.0) -> int:
    """Stop every process that an earlier supervisor of this home has left behind, and say how many there were.

    They are known by a mark in their environment, which grandchildren inherit and which no reused process number can
    carry by accident. Call it only while holding the home's lock.
    """
    mine = {os.getpid(), *(process.pid for process in psutil.Process().parents())}
    left = [p for p in psutil.process_iter() if p.pid not in mine and _mark_of(p) == str(home)]
    for process in left:
        with suppress(psutil.NoSuchProcess):
            process.terminate()
    for process in psutil.wait_procs(left, timeout=seconds)[1]:
        _kill(process)
    return len(left)


def tail(log: Path, lines: int = 15) -> str:
    """The end of a log, for an error message."""
    try:
        return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
    except FileNotFoundError:
        return "(no log)"


def wait_gone(pid: int, seconds: float) -> bool:
    """Wait until a process that is not our child has ended."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not psutil.pid_exists(pid):
            return True
        time.sleep(0.05)
    return False


def _mark_of(process: psutil.Process) -> str | None:
    try:
        return process.environ().get(MARK)
    except (psutil.Error, OSError):  # gone meanwhile, or somebody else's
        return None


def _descendants(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _kill(process: psutil.Process) -> None:
    try:
        process.kill()
        process.wait(KILL_SECONDS)
    except (psutil.NoSuchProcess, psutil.TimeoutExpired):
        pass


def _open_log(path: Path) -> BinaryIO:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if path.exists() and path.stat().st_size > LOG_BYTES:
        path.replace(path.with_suffix(".log.1"))
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")
