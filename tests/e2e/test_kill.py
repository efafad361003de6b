"""A worker killed -9 in the middle of a panel: another one finishes, and nobody who answered is asked again."""

import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from pydantic import SecretStr

from aixiv.deps import Deps
from aixiv.settings import Settings
from aixiv.supervisor.services import COMMAND_LINE, environment
from aixiv.usecases.submit import submit_paper
from review.policy import load_policy
from tests.agents.manuscripts import WORKS
from tests.agents.scripted_server import SPECIALISTS, Body, Reply, honest, serve, shape_of
from tests.e2e.running import eventually
from tests.fixtures.people import person
from tests.fixtures.services import REPOSITORY
from tests.fixtures.works import metadata, upload

pytestmark = pytest.mark.anyio

ANSWER_SECONDS = 1.0
POLICY = load_policy("standard")
VOTES = len(POLICY.voters)


@dataclass
class Model:
    """A model server that takes its time; it knows who asked and who was answered."""

    asked: Counter[str] = field(default_factory=Counter)
    answered: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)
    slow: str = ""  # questions of this shape differ in how long they take

    def script(self, body: Body, before: int) -> Reply:
        who = f"{shape_of(body)}:{hash(body['messages'][-1]['content'])}"
        with self.lock:
            self.asked[who] += 1
            place = sum(1 for name in self.asked if name.startswith(shape_of(body)))
        return replace(honest(body, before), delay=ANSWER_SECONDS * (place if shape_of(body) == self.slow else 0.2))


@contextmanager
def worker(settings: Settings, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A worker as `aixiv up` starts it; killed at the end."""
    env = {**os.environ, **environment(settings)}
    with log.open("ab") as file:
        process = subprocess.Popen(
            [sys.executable, *COMMAND_LINE, "worker"], cwd=REPOSITORY, env=env, stdout=file, stderr=file
        )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


@pytest.mark.parametrize(
    ("shape", "step"), [("ReviewAnswer", "review"), pytest.param("VoteAnswer", "vote", marks=pytest.mark.slow)]
)
async def test_a_worker_killed_in_the_middle_of_a_panel(
    deps: Deps, settings: Settings, tmp_path: Path, shape: str, step: str
) -> None:
    model = Model(slow=shape)
    owner = await person(deps)
    text = (WORKS / "paper.md").read_text(encoding="utf-8")
    done = await submit_paper(deps, owner, metadata(), upload(tmp_path, text))
    with serve(model.script) as server:
        running = settings.model_copy(
            update={
                "llm_base_url": server.url,
                "llm_model": "scripted",
                "judge": "language-model",
                "inference_url": "http://127.0.0.1:9",
                "llm_api_key": SecretStr("key"),
            }
        )
        log = tmp_path / "worker.log"
        with worker(running, log):
            assert eventually(lambda: finished(settings, step) >= 1, 60), log.read_text()
        before = Counter(model.asked)
        assert status_of(settings, done.version_id) == "under_review"
        with worker(running, log):
            ended = eventually(lambda: status_of(settings, done.version_id) != "under_review", 60)
            assert ended, log.read_text()
    again = model.asked - Counter(dict.fromkeys(model.asked, 1))
    # The screen asks about suspect passages; the chair is asked for a panel and for a meta-review.
    assert len(model.asked) == 3 + len(SPECIALISTS) + VOTES
    assert all(name in before and name.startswith(shape) for name in again)
    in_flight = sum(name.startswith(shape) for name in before) - 1
    assert sum(again.values()) <= in_flight
    counted = "SELECT (SELECT count(*) FROM runs), (SELECT count(*) FROM decisions),"
    counted += " (SELECT count(*) FROM reports), (SELECT count(*) FROM ballots)"
    assert one(settings, counted) == (1, 1, len(SPECIALISTS) + 1, VOTES)


def finished(settings: Settings, step: str) -> int:
    """How many of a fan-out the run has announced as delivered."""
    row = one(settings, "SELECT coalesce(max(message), '') FROM runs WHERE step = %s", step)
    words = str(row[0])
    return int(words.partition("(")[2].split()[0]) if "(" in words else 0


def status_of(settings: Settings, version_id: UUID) -> str:
    return str(one(settings, "SELECT status FROM versions WHERE id = %s", version_id)[0])


def one(settings: Settings, query: str, *values: object) -> tuple[object, ...]:
    with psycopg.connect(settings.database_url) as connection:
        row = connection.execute(query.encode(), values).fetchone()
    assert row is not None
    return row
