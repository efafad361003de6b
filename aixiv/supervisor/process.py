"""One child process: started so that it cannot outlive us, remembered on disk, stopped within a bound.

A child must be started from the main thread: the kernel ties its life to the thread that started it.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

import psutil
from msgspec import Struct

LOG_BYTES = 5 * 2**20  # a log longer than this is set aside when its process starts
CREATE_TIME_SLACK = 2.0  # seconds between two readings of one process's start time
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


def remember(path: Path, process: subprocess.Popen[bytes]) -> None:
    """Write down a child, so that a later start can recognise it if it is left over."""
    try:
        started = psutil.Process(process.pid).create_time()
    except psutil.NoSuchProcess:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"pid": process.pid, "started": started}), encoding="utf-8")


def sweep(path: Path, stop_signal: int, seconds: float) -> bool:
    """Stop the process a pid file names, if it is still that very process. Says whether there was one."""
    leftover = _remembered(path)
    path.unlink(missing_ok=True)
    if leftover is None:
        return False
    family = _descendants(leftover.pid)
    try:
        leftover.send_signal(stop_signal)
        leftover.wait(seconds)
    except psutil.TimeoutExpired:
        _kill(leftover)
    except psutil.NoSuchProcess:
        pass
    for orphan in family:
        _kill(orphan)
    return True


def wait_gone(pid: int, seconds: float) -> bool:
    """Wait until a process that is not our child has ended."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not psutil.pid_exists(pid):
            return True
        time.sleep(0.05)
    return False


def _remembered(path: Path) -> psutil.Process | None:
    try:
        note = json.loads(path.read_text(encoding="utf-8"))
        process = psutil.Process(int(note["pid"]))
        same = abs(process.create_time() - float(note["started"])) < CREATE_TIME_SLACK
    except (FileNotFoundError, ValueError, KeyError, psutil.NoSuchProcess):
        return None
    return process if same else None  # the number was given to somebody else meanwhile


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
