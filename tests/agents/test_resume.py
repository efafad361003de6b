"""A run that was cut off goes on where it stopped: nobody who answered is asked again."""

import asyncio
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from agents.checkpoints import memory_checkpointer, postgres_checkpointer, strict_serializer
from agents.judges import JudgeUnavailable
from agents.port import ReviewFailed
from agents.run import GraphReviewer
from review.report import Round
from tests.agents.manuscripts import paper
from tests.agents.runs import CountingJudge, ProgressLog, request, review


@dataclass
class Foreign:
    """A class that a checkpoint must not be able to build."""

    command: str


REPOSITORY = Path(__file__).parents[2]
EVERYBODY = {
    "chair",
    "meta",
    "adjudicate",
    *(f"review:{role}" for role in ("evidence", "methods", "clarity")),
    *(f"compare:{order}:{letter}" for order in ("old_first", "new_first") for letter in (True, False)),
    *(f"vote:{v}" for v in ("soundness", "significance", "clarity", "reproducibility", "generalist")),
}


def killable(url: str, log: Path, hang: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.agents.killable_run", url, str(log), hang],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
    )


def kill_when(process: subprocess.Popen[str], sign: str) -> list[int]:
    """Kill -9 once a line contains the sign; returns the percentages seen."""
    percents = []
    assert process.stdout is not None
    for line in process.stdout:
        percents.append(int(line.split()[0]))
        if sign in line:
            break

    process.send_signal(signal.SIGKILL)
    process.wait()
    return percents


def cut_connections(url: str, often: int = 1) -> None:
    """End every session of the database but our own, as a restart would."""
    with psycopg.connect(url, autocommit=True) as admin:
        for _ in range(often):
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


@pytest.mark.parametrize(
    ("hang", "sign"),
    [
        ("review", "reviewers stands"),
        ("review:methods", "(2 of 3)"),
        ("compare", "reports together"),
        ("vote:clarity", "(4 of 5)"),
        ("adjudicate", "(5 of 5)"),
    ],
)
def test_killed_in_the_middle_of_a_panel(postgres_url: str, tmp_path: Path, hang: str, sign: str) -> None:
    log = tmp_path / "asked"
    before = kill_when(killable(postgres_url, log, hang), sign)
    assert set(log.read_text().split()) < EVERYBODY
    second = killable(postgres_url, log, "")
    output, _ = second.communicate(timeout=60)
    assert second.returncode == 0
    assert Counter(log.read_text().split()) == dict.fromkeys(EVERYBODY, 1)
    after = [int(line.split()[0]) for line in output.splitlines()[:-1]]
    assert [*before, *after] == sorted([*before, *after])
    assert after[-1] == 100


def test_a_judge_that_was_away_leaves_the_others_reports_standing(postgres_url: str) -> None:
    async def scenario() -> None:
        away = True

        async def before(who: str) -> None:
            if who == "review:methods" and away:
                await asyncio.sleep(0.5)
                raise JudgeUnavailable("server down")

        judge = CountingJudge(before)
        async with postgres_checkpointer(postgres_url) as checkpointer:
            reviewer = GraphReviewer(judge, checkpointer=checkpointer)
            with pytest.raises(ReviewFailed) as failure:
                await review(reviewer, request(paper()))
            assert failure.value.retryable
            away = False
            result = await review(reviewer, request(paper()))
            assert [r.role for r in result.reports] == ["evidence", "methods", "clarity", "chair"]
            assert set(judge.finished.values()) == {1}
            again = await review(reviewer, request(paper()))
            assert again == result
            assert set(judge.finished.values()) == {1}

    asyncio.run(scenario())


def test_a_cancelled_run_continues_and_its_percent_does_not_fall() -> None:
    async def scenario() -> None:
        async def before(who: str) -> None:
            if who == "review:clarity" and not judge.finished["resumed"]:
                await asyncio.sleep(60)

        judge = CountingJudge(before)
        reviewer = GraphReviewer(judge, checkpointer=memory_checkpointer())
        log = ProgressLog("(2 of 3)")
        run = asyncio.create_task(review(reviewer, request(paper()), log))
        await log.seen.wait()
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run
        judge.finished["resumed"] = 1
        await review(reviewer, request(paper()), log)
        assert set(judge.finished.values()) == {1}
        assert log.percents == sorted(log.percents)
        assert log.percents[-1] == 100

    asyncio.run(scenario())


def test_connections_cut_between_two_runs_are_replaced(postgres_url: str) -> None:
    async def scenario() -> None:
        async with postgres_checkpointer(postgres_url) as checkpointer:
            reviewer = GraphReviewer(CountingJudge(), checkpointer=checkpointer)
            await review(reviewer, request(paper(), run_id="before"))
            cut_connections(postgres_url)
            result = await review(reviewer, request(paper(), run_id="after"))
            assert result.recommendation.outcome == "accept"

    asyncio.run(scenario())


def test_a_database_that_dies_during_the_votes_only_interrupts(postgres_url: str) -> None:
    async def scenario() -> None:
        async def before(who: str) -> None:
            if who == "vote:clarity" and not judge.finished["cut"]:
                judge.finished["cut"] = 1
                await asyncio.sleep(0.3)
                cut_connections(postgres_url, often=20)

        judge = CountingJudge(before)
        failures: list[ReviewFailed] = []

        async def attempt(reviewer: GraphReviewer) -> Round | None:
            try:
                return await review(reviewer, request(paper()))
            except ReviewFailed as failure:
                failures.append(failure)
                return None

        async with postgres_checkpointer(postgres_url) as checkpointer:
            reviewer = GraphReviewer(judge, checkpointer=checkpointer)
            result = await attempt(reviewer) or await attempt(reviewer)
            assert all(f.retryable for f in failures), failures
            assert result is not None
            assert result.recommendation.valid_ballots == 5
            assert {judge.finished[f"review:{role}"] for role in ("evidence", "methods", "clarity")} == {1}

    asyncio.run(scenario())


def test_checkpoints_hold_no_manuscript_and_forgetting_leaves_nothing(postgres_url: str) -> None:
    sentence = b"Chaining each row to the hash of the row before"

    async def scenario() -> None:
        async with postgres_checkpointer(postgres_url) as checkpointer:
            reviewer = GraphReviewer(CountingJudge(), checkpointer=checkpointer)
            await review(reviewer, request(paper()))
            with psycopg.connect(postgres_url, autocommit=True) as admin:
                query = "SELECT blob FROM checkpoint_blobs UNION ALL SELECT blob FROM checkpoint_writes"
                blobs = [bytes(row[0]) for row in admin.execute(query) if row[0]]
                assert blobs
                assert not any(sentence in blob for blob in blobs)
                assert sum(map(len, blobs)) < 2_000_000
                await reviewer.forget("run-1")
                for table in ("checkpoints", "checkpoint_blobs", "checkpoint_writes"):
                    assert admin.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)

    asyncio.run(scenario())


def test_a_checkpoint_cannot_bring_a_class_back_to_life() -> None:
    strict = strict_serializer()
    written = strict.dumps_typed({"foreign": Foreign(command="rm")})
    assert not isinstance(strict.loads_typed(written)["foreign"], Foreign)
