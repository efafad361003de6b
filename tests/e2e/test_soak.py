"""Ten works submitted at once while worker, database and object store are killed -9: nothing lost, nothing doubled.

SOAK_SEED repeats a run's order of kills.
"""

import asyncio
import json
import os
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import pytest

from aixiv.bootstrap import build
from aixiv.domain.paper import Status
from aixiv.domain.people import Scope
from aixiv.supervisor.services import DATABASE, OBJECTS, WORKER
from tests.e2e.running import Up, up
from tests.fixtures.people import agent_of, person
from tests.text.documents import INSTRUCTION, paper_pdf

WORKS = 10
KILL_SECONDS = 75.0  # how long parts are killed
QUIET_SECONDS = 110.0  # how long it may then take until every work has come to an end
ENDS = {Status.REVISION_REQUESTED, Status.HELD, Status.PUBLISHED, Status.REJECTED}
METADATA = {
    "authors": [{"name": "Prospector", "kind": "ai", "model": "toy-1", "operator": "Test Lab"}],
    "categories": ["Computer science"],
}


@dataclass
class Client:
    """A program that submits a work, then revisions while it is asked to, and repeats what was not answered."""

    http: httpx2.AsyncClient
    number: int
    folder: Path
    delay: float  # seconds before it begins
    answered: dict[str, str] = field(default_factory=dict)  # version id -> idempotency key
    repeats: int = 0

    async def work(self) -> None:
        await asyncio.sleep(self.delay)
        hidden = INSTRUCTION if self.number % 5 == 0 else None
        first = await self.post("/papers", METADATA, self._pdf("first", 1, hidden))
        for base in (1, 2):
            if await self.end_of(first["paper_id"], base) != Status.REVISION_REQUESTED:
                return
            change = {"base_version": base, "response_letter": {"text": "We have said more.", "answers": {}}}
            await self.post(f"/papers/{first['paper_id']}/versions", change, self._pdf(f"revision-{base}", 1 + base))
        await self.end_of(first["paper_id"], 3)

    async def post(self, path: str, metadata: dict[str, object], file: Path) -> dict[str, str]:
        key = f"{self.number}-{file.stem}"
        content = await asyncio.to_thread(file.read_bytes)
        while True:
            form = {"metadata": (None, json.dumps(metadata)), "manuscript": (file.name, content)}
            try:
                answer = await self.http.post(path, files=form, headers={"Idempotency-Key": key})
            except httpx2.HTTPError:
                answer = None
            if answer is not None and answer.status_code < 500:
                assert answer.status_code == 202, answer.text
                card: dict[str, str] = answer.json()
                self.answered[card["id"]] = key
                return card
            self.repeats += 1
            await asyncio.sleep(0.3)

    async def end_of(self, paper_id: str, n: int) -> Status:
        while True:
            try:
                answer = await self.http.get(f"/papers/{paper_id}")
                if answer.status_code == 200 and answer.json()["latest"]["n"] == n:
                    status = Status(answer.json()["latest"]["status"])
                    if status in ENDS:
                        return status
                assert answer.status_code == 200 or answer.status_code >= 500, answer.text
            except httpx2.HTTPError:
                pass
            await asyncio.sleep(0.5)

    def _pdf(self, name: str, repeat: int, hidden: str | None = None) -> Path:
        path = self.folder / f"{name}-{self.number}.pdf"
        return paper_pdf(path, white_text=hidden, repeat=repeat + self.number % 3, columns=1 + self.number % 2)


async def token_for(platform: Up) -> str:
    parts = build(platform.settings)
    try:
        owner = await person(parts.deps, "ada")
        return (await agent_of(parts.deps, owner, "Prospector", Scope.PAPERS_READ, Scope.PAPERS_SUBMIT))[1]
    finally:
        await parts.close()


async def strike(platform: Up, chance: random.Random, done: asyncio.Event) -> Counter[str]:
    """Kill parts at random moments until time is up or there is nothing left to disturb."""
    struck: Counter[str] = Counter()
    until = time.monotonic() + KILL_SECONDS
    while time.monotonic() < until and not done.is_set():
        await asyncio.sleep(chance.uniform(0.3, 5.0))
        part = chance.choice([WORKER, WORKER, WORKER, DATABASE, DATABASE, OBJECTS])
        struck[part] += await asyncio.to_thread(platform.kill, part)
    return struck


async def soak(platform: Up, folder: Path, seed: int) -> list[Client]:
    chance = random.Random(seed)
    headers = {"Authorization": f"Bearer {await token_for(platform)}"}
    async with httpx2.AsyncClient(
        base_url=f"{platform.address}/api/v1", headers=headers, timeout=30, trust_env=False
    ) as http:
        clients = [Client(http, number, folder, chance.uniform(0, 15)) for number in range(WORKS)]
        done = asyncio.Event()
        killing = asyncio.create_task(strike(platform, chance, done))
        try:
            async with asyncio.timeout(KILL_SECONDS + QUIET_SECONDS):
                await asyncio.gather(*(client.work() for client in clients))
        except TimeoutError:
            left = platform.rows("SELECT id, status, status_reason FROM versions WHERE status <> 'superseded'")
            jobs = platform.rows("SELECT id, task_name, status, attempts, scheduled_at FROM procrastinate_jobs")
            pytest.fail(f"not every work came to an end (seed {seed}): {left} {jobs}")
        finally:
            done.set()
        print(f"seed {seed}: killed {dict(await killing)}, {sum(c.repeats for c in clients)} posts repeated")
    return clients


@pytest.mark.slow
@pytest.mark.timeout(420)
def test_ten_works_survive_what_is_killed_around_them(tmp_path: Path) -> None:
    seed = int(os.environ.get("SOAK_SEED", "0")) or int(time.time())
    with up(tmp_path / "home") as platform:
        clients = asyncio.run(soak(platform, tmp_path, seed))
        answered = {version for client in clients for version in client.answered}
        nothing_is_lost_or_doubled(platform, answered)
        verdict = platform.command("log", "verify")
        assert verdict.returncode == 0, verdict.stderr


def nothing_is_lost_or_doubled(platform: Up, answered: set[str]) -> None:
    versions = platform.rows("SELECT id::text, status, status_reason FROM versions")
    assert {row[0] for row in versions} == answered
    assert platform.rows("SELECT count(*) FROM papers") == [(WORKS,)]
    assert [row for row in versions if "could not be finished" in row[2]] == []
    assert {Status(row[1]) for row in versions} <= {*ENDS, Status.SUPERSEDED}
    runs = "SELECT v.id, count(*) FILTER (WHERE r.status = 'completed'), count(*) FROM versions v"
    runs += " LEFT JOIN runs r ON r.version_id = v.id GROUP BY v.id"
    assert {row[1:] for row in platform.rows(runs)} == {(1, 1)}
    parts = "SELECT r.id, (SELECT count(*) FROM decisions d WHERE d.run_id = r.id),"
    parts += " (SELECT count(*) FROM screenings s WHERE s.run_id = r.id),"
    parts += " (SELECT count(*) FROM reports p WHERE p.run_id = r.id),"
    parts += " (SELECT count(*) FROM ballots b WHERE b.run_id = r.id) FROM runs r"
    assert {row[1:] for row in platform.rows(parts)} <= {(1, 1, 4, 5), (1, 1, 0, 0)}  # three reviewers and the chair
    assert platform.rows("SELECT count(*) FROM decisions WHERE run_id IS NULL") == [(0,)]
    numbers = [row[0] for row in platform.rows("SELECT number FROM papers WHERE number IS NOT NULL ORDER BY 1")]
    assert numbers == list(range(1, len(numbers) + 1))
    history_fits(platform)


def history_fits(platform: Up) -> None:
    """The log tells each version's life once, step by step, up to where it stands."""
    submitted = platform.rows("SELECT count(*) FROM events WHERE tag = 'version:submitted' GROUP BY version_id")
    assert set(submitted) == {(1,)}
    lives: dict[str, list[str]] = {}
    moves = "SELECT version_id::text, data->>'from', data->>'to' FROM events WHERE tag = 'version:moved' ORDER BY seq"
    for version, left, entered in platform.rows(moves):
        life = lives.setdefault(version, ["submitted"])
        assert life[-1] == left
        life.append(entered)
    stands = {row[0]: row[1] for row in platform.rows("SELECT id::text, status FROM versions")}
    assert {version: life[-1] for version, life in lives.items()} == stands
