"""The process that readers are forked from: `python -m aixiv.text.nursery SOCKET nothing|reading|judging`.

It loads once what reading, or reading and judging, needs, opens no file of anybody, and forks a reader for each order
that comes over the socket; every reader reads one file and is gone. When the socket closes, which it does even when its
owner is killed, the readers are killed and the nursery ends.
"""

import contextlib
import ctypes
import gc
import os
import selectors
import signal
import socket
import sys
import tempfile
import traceback
from importlib import import_module
from pathlib import Path

import msgspec

from aixiv.text.judged import judge_file
from aixiv.text.wire import LOADED, Ended, Loads, Order
from aixiv.text.worker import main as read_one

READING = (
    "aixiv.text.latex.document",
    "aixiv.text.markdown.document",
    "aixiv.text.pdf.crop",
    "aixiv.text.pdf.document",
    "pypdf.filters",
)
PR_SET_PDEATHSIG = 1
CHUNK = 65_536
TRIAL = """# A trial of what is loaded

## Abstract

We count the pebbles of a river, and find 5% more (95% CI 1 to 9, p = 0.03) than others did [1].

## 1 Method

Each of the 40 pebbles is weighed once. Dear reader, please note the learning rate of 0.1.

## References

- Example, A. (2020). Heaps. Journal of Heaps, 3(1), 1-9.
"""


def main(control: socket.socket, loads: Loads) -> None:
    """Load, say so, and serve until the socket closes."""
    woken, wake = os.pipe()
    for end in (woken, wake):
        os.set_blocking(end, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    load(loads)
    control.sendall(msgspec.json.encode(Ended(number=LOADED, status=0)) + b"\n")
    running: dict[int, int] = {}  # process ids by the number of their order
    try:
        with contextlib.suppress(ConnectionError):  # whoever asked is gone
            _serve(control, (woken, wake), running)
    finally:
        for pid in running.values():
            _kill(pid)


def load(loads: Loads) -> None:
    """Import what is asked for, and judge a text of ours, so that nothing is left for the first file."""
    if loads != "nothing":
        for name in READING:
            import_module(name)
    if loads == "judging":
        with tempfile.TemporaryDirectory(prefix="aixiv-trial-") as folder:
            path = Path(folder) / "trial.md"
            path.write_text(TRIAL, encoding="utf-8")
            judge_file(path, filename=path.name, max_bytes=2**20, max_pages=1, kind="paper")
    gc.collect()
    gc.freeze()


def _serve(control: socket.socket, waking: tuple[int, int], running: dict[int, int]) -> None:
    woken = waking[0]
    waiting = selectors.DefaultSelector()
    waiting.register(control, selectors.EVENT_READ)
    waiting.register(woken, selectors.EVENT_READ)
    kept = b""
    while True:
        ready = {key.fd for key, _ in waiting.select()}
        if woken in ready:
            os.read(woken, CHUNK)
            _reap(control, running)
        if control.fileno() in ready:
            said = control.recv(CHUNK)
            if not said:
                return
            *lines, kept = (kept + said).split(b"\n")
            for line in lines:
                _obey(msgspec.json.decode(line, type=Order), running, (control.fileno(), *waking, waiting.fileno()))


def _obey(order: Order, running: dict[int, int], ours: tuple[int, ...]) -> None:
    if not order.scratch:
        if order.number in running:
            _kill(running[order.number])
        return
    nursery = os.getpid()
    pid = os.fork()
    if pid == 0:
        _become_reader(Path(order.scratch), nursery, ours)
    running[order.number] = pid


def _become_reader(scratch: Path, nursery: int, ours: tuple[int, ...]) -> None:
    """Leave everything of the nursery behind, read, and end; never returns."""
    status = 1
    try:
        os.setsid()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for end in ours:
            os.close(end)
        errors = os.open(scratch / "errors", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(errors, 1)
        os.dup2(errors, 2)
        os.close(errors)
        os.chdir(scratch)
        _die_with(nursery)
        status = read_one(str(scratch / "request"), str(scratch / "result"))
    except BaseException:  # noqa: BLE001 - the edge of a process: whatever it was is told by text and status
        traceback.print_exc()
    finally:
        os._exit(status)


def _die_with(nursery: int) -> None:
    """Have the kernel kill this reader when the nursery dies, by whatever."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != nursery:
        os._exit(1)


def _reap(control: socket.socket, running: dict[int, int]) -> None:
    """Tell how each reader ended that has; what it may have started is killed before its id is free again."""
    for number, pid in tuple(running.items()):
        if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            continue
        _kill(pid)
        _, status, used = os.wait4(pid, 0)
        del running[number]
        ended = Ended(number=number, status=os.waitstatus_to_exitcode(status), seconds=used.ru_utime + used.ru_stime)
        control.sendall(msgspec.json.encode(ended) + b"\n")


def _kill(pid: int) -> None:
    """The reader and its group, which it leads once it has begun."""
    for kill in (os.killpg, os.kill):
        try:
            kill(pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            continue


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as opened:
        main(opened, msgspec.convert(sys.argv[2], Loads))
