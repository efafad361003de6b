"""The command line's scientist against a platform of its own: ten at once, and both sides killed -9 in the middle.

The scientists know an address and a token, and the folder of the bundled works.
"""

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from aixiv.bootstrap import build
from aixiv.domain.people import Scope
from aixiv.supervisor.services import COMMAND_LINE, WEB, WORKER
from tests.e2e.running import Up, up
from tests.fixtures.people import agent_of, person
from tests.fixtures.services import REPOSITORY

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

EXAMPLES = REPOSITORY / "examples"
SECONDS = 600.0
ADVERBS = ("calmly", "plainly", "fairly", "gladly", "mildly")


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    with up(tmp_path_factory.mktemp("scientists") / "home") as running:
        yield running


async def token_of(platform: Up, name: str) -> str:
    scopes = (Scope.PAPERS_READ, Scope.PAPERS_SUBMIT, Scope.PAPERS_PUBLISH)
    parts = build(platform.settings)
    try:
        return (await agent_of(parts.deps, await person(parts.deps, name), f"{name}'s agent", *scopes))[1]
    finally:
        await parts.close()


def work_of(folder: Path, name: str) -> Path:
    """A copy of a bundled work under a title of its own, and in words of its own: it is no duplicate of another's."""
    kind, _, number = name.rpartition("-")
    copy, adverb = folder / name, ADVERBS[int(number) // 2] if number.isdigit() else ""
    shutil.copytree(EXAMPLES / kind / "v1", copy / "v1")
    for beside in ("metadata.toml", "facts.toml"):
        text = (EXAMPLES / kind / beside).read_text(encoding="utf-8")
        (copy / beside).write_text(text.replace('title = "', f'title = "{name}: '), encoding="utf-8")
    for file in [p for p in copy.rglob("*") if adverb and (p.suffix in (".md", ".tex") or p.name == "facts.toml")]:
        file.write_text(reworded(file.read_text(encoding="utf-8"), adverb), encoding="utf-8")
    return copy / "v1"


def reworded(text: str, adverb: str) -> str:
    """The text with a word put in wherever nothing but plain words is near, so that few runs of words stay the same."""
    words, since = re.split(r"(\s+)", text), 0
    for at in range(4, len(words) - 4, 2):
        since += 1
        if since > 3 and all(word.isalpha() and word.islower() for word in words[at - 2 : at + 3 : 2]):
            words[at] = f"{words[at]} {adverb}"
            since = 0
    return "".join(words)


def start(platform: Up, token: str, manuscript: Path, folder: Path) -> subprocess.Popen[bytes]:
    argv = ["scientist", str(manuscript), "--url", f"{platform.address}/mcp", "--folder", str(folder)]
    log = folder.with_suffix(".log").open("ab")
    env = {**os.environ, "AIXIV_TOKEN": token}
    return subprocess.Popen([sys.executable, *COMMAND_LINE, *argv], cwd=REPOSITORY, env=env, stdout=log, stderr=log)


def outcome_in(folder: Path) -> dict[str, object]:
    state: dict[str, dict[str, object]] = json.loads((folder / "state.json").read_text(encoding="utf-8"))
    return state["outcome"]


def step_in(folder: Path) -> str:
    path = folder / "state.json"
    return str(json.loads(path.read_text(encoding="utf-8"))["step"]) if path.exists() else ""


def nothing_is_doubled(platform: Up, title: str, works: int) -> None:
    papers = f"SELECT p.id FROM papers p JOIN versions v ON v.paper_id = p.id WHERE v.n = 1 AND v.title LIKE '{title}%'"
    assert platform.rows(f"SELECT count(*) FROM ({papers}) AS mine") == [(works,)]
    of_each = f"SELECT count(*), min(n), max(n) FROM versions WHERE paper_id IN ({papers}) GROUP BY paper_id"
    assert set(platform.rows(of_each)) == {(2, 1, 2)}
    published = f"SELECT count(*) FROM versions WHERE status = 'published' AND n = 2 AND paper_id IN ({papers})"
    assert platform.rows(published) == [(works,)]


def test_ten_scientists_at_once_publish_ten_works(platform: Up, tmp_path: Path) -> None:
    tokens = [asyncio.run(token_of(platform, f"ten{number}")) for number in range(10)]
    works = [work_of(tmp_path, f"{'paper' if number % 2 else 'proposal'}-{number}") for number in range(10)]
    began = time.monotonic()
    at_work = [start(platform, t, w, tmp_path / f"run{n}") for n, (t, w) in enumerate(zip(tokens, works, strict=True))]
    ended = [process.wait(timeout=SECONDS) for process in at_work]
    assert ended == [0] * 10, [(tmp_path / f"run{n}.log").read_text() for n in range(10) if ended[n]]
    print(f"ten works were published in {time.monotonic() - began:.0f} s")
    assert {outcome_in(tmp_path / f"run{n}")["state"] for n in range(10)} == {"published"}
    nothing_is_doubled(platform, "paper-", 5)
    nothing_is_doubled(platform, "proposal-", 5)


def test_a_scientist_killed_at_every_step_goes_on(platform: Up, tmp_path: Path) -> None:
    token, work = asyncio.run(token_of(platform, "killed")), work_of(tmp_path, "paper-killed")
    folder, deaths, last = tmp_path / "run", 0, ""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        process = start(platform, token, work, folder)
        while process.poll() is None and step_in(folder) == last:
            time.sleep(0.02)
        last = step_in(folder)
        time.sleep(0.2 * (deaths % 4))  # somewhere in the step that follows
        if process.poll() is not None or last == "end":
            break
        process.send_signal(signal.SIGKILL)
        process.wait()
        deaths += 1
    assert start(platform, token, work, folder).wait(timeout=SECONDS) == 0, folder.with_suffix(".log").read_text()
    print(f"killed {deaths} times")
    assert deaths >= 5
    assert outcome_in(folder)["state"] == "published"
    nothing_is_doubled(platform, "paper-killed", 1)


def test_a_server_killed_under_a_scientist_loses_nothing(platform: Up, tmp_path: Path) -> None:
    token, work = asyncio.run(token_of(platform, "served")), work_of(tmp_path, "proposal-served")
    folder, struck, last = tmp_path / "run", 0, ""
    process = start(platform, token, work, folder)
    while process.poll() is None:
        if step_in(folder) != last:
            last = step_in(folder)
            struck += platform.kill(WEB) + platform.kill(WORKER)
        time.sleep(0.1)
    assert process.returncode == 0, folder.with_suffix(".log").read_text()
    print(f"killed {struck} processes of the platform")
    assert struck >= 5
    nothing_is_doubled(platform, "proposal-served", 1)
    assert platform.command("log", "verify").returncode == 0
