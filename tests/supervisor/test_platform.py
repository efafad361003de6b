"""Everything `aixiv up` starts, as it is started for real: web and worker on a migrated database."""

import signal
import time
from pathlib import Path

import httpx2
import psutil
import pytest

from aixiv.supervisor.s3 import free_port
from aixiv.supervisor.services import PARTS, WEB, WORKER
from tests.supervisor.platform import Platform, eventually, processes_of


def answers(url: str) -> bool:
    try:
        return httpx2.get(url, timeout=2.0).status_code == 200
    except httpx2.HTTPError:
        return False


def alive(home: Path, word: str) -> set[int]:
    """Numbers of the home's processes that have a word in their arguments."""
    return {process.pid for process in processes_of(home) if word in process.cmdline()}


@pytest.mark.timeout(180)
@pytest.mark.slow
def test_web_and_worker_come_up_come_back_and_go(tmp_path: Path) -> None:
    port = free_port()
    platform = Platform(tmp_path / "home", *PARTS, AIXIV_PORT=str(port))
    try:
        platform.wait_up()
        ready = f"http://127.0.0.1:{port}/readyz"
        assert {row["state"] for row in platform.facts["rows"]} == {"ready"}
        assert answers(ready)
        killed = {platform.pid_of(part) for part in (WEB, WORKER)}
        for pid in killed:
            psutil.Process(pid).send_signal(signal.SIGKILL)
        assert eventually(lambda: bool(alive(platform.home, "worker") - killed), 60)
        assert eventually(lambda: bool(alive(platform.home, "uvicorn") - killed) and answers(ready), 60)
        began = time.monotonic()
        assert platform.stop() == 0
        assert time.monotonic() - began < 12
        assert processes_of(platform.home) == []
    finally:
        platform.kill()
