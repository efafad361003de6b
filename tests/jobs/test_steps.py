"""What happens to a version when a step of its fails: outages are waited for, faults end where a person sees them."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from procrastinate.jobs import Job

from agents.port import ReviewFailed
from aixiv.db.review import Run
from aixiv.deps import Deps
from aixiv.domain.errors import Unavailable
from aixiv.domain.paper import Status
from aixiv.jobs import steps
from aixiv.jobs.steps import FAULT_ATTEMPTS, LONGEST_WAIT, REVIEW_ATTEMPTS, STEPS, Patience, run_step
from aixiv.jobs.worker import LAST_ATTEMPT, run_until_idle, take_over_stalled
from aixiv.queue import INGEST, PUBLISH, REVIEW, STALLED_SECONDS, make_queue
from aixiv.storage import StorageUnavailable
from aixiv.text import Parsed
from aixiv.usecases.ingest import ingest_version
from tests.fixtures.deps import ScriptedReviewer, read_plain
from tests.fixtures.people import person, stored_version
from tests.fixtures.works import a_round, live_jobs, moves, rows, status, submit, version, work_off

pytestmark = pytest.mark.anyio

Fail = Callable[[], BaseException]


class Failing:
    """Reads a file only after having failed so often."""

    def __init__(self, *errors: BaseException) -> None:
        self.errors = list(errors)
        self.calls = 0

    async def __call__(self, path: Path, name: str) -> Parsed:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return await read_plain(path, name)


def due_now(deps: Deps) -> None:
    """Time passes: what waits to be tried again is due."""
    with psycopg.connect(deps.settings.database_url) as connection:
        connection.execute("UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo'")


async def work_on(deps: Deps, rounds: int) -> None:
    for _ in range(rounds):
        due_now(deps)
        await work_off(deps)


async def test_a_fault_is_tried_three_times_and_then_held_with_the_reason(deps: Deps, tmp_path: Path) -> None:
    parse = Failing(*(ZeroDivisionError("secret detail") for _ in range(9)))
    first = await submit(deps, await person(deps), tmp_path)
    await work_on(replace(deps, parse=parse), 5)
    assert parse.calls == FAULT_ATTEMPTS
    stored = await version(deps, first.version_id)
    assert stored.status == "held"
    assert "internal fault (ZeroDivisionError)" in stored.status_reason
    assert "secret" not in stored.status_reason
    assert live_jobs(deps.settings.database_url) == []


async def test_a_fault_that_passes_leaves_no_trace(deps: Deps, tmp_path: Path, reviewer: ScriptedReviewer) -> None:
    reviewer.answers = [a_round("revise")]
    first = await submit(deps, await person(deps), tmp_path)
    await work_on(replace(deps, parse=Failing(ZeroDivisionError(), ZeroDivisionError())), 3)
    assert await moves(deps, first.version_id) == ["under_review", "revision_requested"]


@pytest.mark.parametrize(
    "outage", [lambda: Unavailable("The database does not answer."), lambda: StorageUnavailable("down")]
)
async def test_an_outage_is_waited_for_however_long(
    deps: Deps, tmp_path: Path, reviewer: ScriptedReviewer, outage: Fail
) -> None:
    reviewer.answers = [a_round("revise")]
    first = await submit(deps, await person(deps), tmp_path)
    parse = Failing(*(outage() for _ in range(REVIEW_ATTEMPTS + 3)))
    await work_on(replace(deps, parse=parse), REVIEW_ATTEMPTS + 4)
    assert parse.calls == REVIEW_ATTEMPTS + 4
    assert await moves(deps, first.version_id) == ["under_review", "revision_requested"]


async def test_an_outage_does_not_use_up_the_tries_of_a_fault(
    deps: Deps, tmp_path: Path, reviewer: ScriptedReviewer
) -> None:
    reviewer.answers = [a_round("revise")]
    first = await submit(deps, await person(deps), tmp_path)
    outages = [Unavailable("The database does not answer.") for _ in range(FAULT_ATTEMPTS + 1)]
    await work_on(replace(deps, parse=Failing(*outages, ZeroDivisionError())), FAULT_ATTEMPTS + 3)
    assert await moves(deps, first.version_id) == ["under_review", "revision_requested"]


async def test_an_interrupted_review_is_tried_for_minutes_and_then_held(
    deps: Deps, tmp_path: Path, reviewer: ScriptedReviewer
) -> None:
    first = await submit(deps, await person(deps), tmp_path)
    await ingest_version(deps, first.version_id)
    for attempt in range(REVIEW_ATTEMPTS):
        reviewer.answers = [ReviewFailed("The model server is down.", retryable=True)]
        last = attempt == REVIEW_ATTEMPTS - 1
        if last:
            await run_step(deps, REVIEW, STEPS[REVIEW], first.version_id, attempts=attempt)
        else:
            with pytest.raises(Unavailable):
                await run_step(deps, REVIEW, STEPS[REVIEW], first.version_id, attempts=attempt)
            assert await status(deps, first.version_id) is Status.UNDER_REVIEW
    stored = await version(deps, first.version_id)
    assert (stored.status, "The model server is down." in stored.status_reason) == ("held", True)
    (run,) = await rows(deps, Run)
    assert isinstance(run, Run)
    assert (run.status, run.generation) == ("failed", 1)


async def test_a_publication_that_is_no_longer_wanted_is_skipped(deps: Deps) -> None:
    withdrawn = await stored_version(deps, await person(deps), Status.WITHDRAWN)
    await run_step(deps, PUBLISH, STEPS[PUBLISH], withdrawn, attempts=0)
    assert await status(deps, withdrawn) is Status.WITHDRAWN


def test_the_time_between_tries_grows_to_a_minute() -> None:
    waits = []
    for attempts in range(10):
        job = Job(id=1, queue="q", lock=None, queueing_lock=None, task_name="t", attempts=attempts)
        decision = Patience().get_retry_decision(exception=Unavailable("down"), job=job)
        waits.append(decision.retry_at)
    gaps = [(at - waits[0]).total_seconds() + 1 for at in waits if at and waits[0]]
    assert [round(gap) for gap in gaps] == [1, 2, 4, 8, 16, 32, LONGEST_WAIT, LONGEST_WAIT, LONGEST_WAIT, LONGEST_WAIT]


async def test_a_dead_worker_s_job_goes_back_to_the_queue(
    deps: Deps, tmp_path: Path, reviewer: ScriptedReviewer
) -> None:
    reviewer.answers = [a_round("revise")]
    url = deps.settings.database_url
    first = await submit(deps, await person(deps), tmp_path)
    dying = "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - %s * interval '1 second') RETURNING id"
    with psycopg.connect(url) as connection:
        (worker,) = connection.execute(dying.encode(), [STALLED_SECONDS / 2]).fetchall()[0]
        connection.execute("UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s", [worker])
    queue = make_queue(url)
    async with queue.open_async():
        assert await take_over_stalled(deps, queue) == 0
        with psycopg.connect(url) as connection:
            connection.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 minute'")
        assert await take_over_stalled(deps, queue) == 1
        assert await take_over_stalled(deps, queue) == 0
    assert await status(deps, first.version_id) is Status.SUBMITTED
    await work_off(deps)
    assert await status(deps, first.version_id) is Status.REVISION_REQUESTED


async def test_a_job_whose_worker_left_no_trace_is_taken_over_too(deps: Deps, tmp_path: Path) -> None:
    await submit(deps, await person(deps), tmp_path)
    with psycopg.connect(deps.settings.database_url) as connection:
        connection.execute("UPDATE procrastinate_jobs SET status = 'doing', worker_id = NULL")
    queue = make_queue(deps.settings.database_url)
    async with queue.open_async():
        assert await take_over_stalled(deps, queue) == 1


async def test_a_job_that_was_tried_too_often_ends_with_its_version_held(deps: Deps, tmp_path: Path) -> None:
    first = await submit(deps, await person(deps), tmp_path)
    with psycopg.connect(deps.settings.database_url) as connection:
        connection.execute("UPDATE procrastinate_jobs SET status = 'doing', attempts = %s", [LAST_ATTEMPT])
    queue = make_queue(deps.settings.database_url)
    async with queue.open_async():
        assert await take_over_stalled(deps, queue) == 1
        assert await take_over_stalled(deps, queue) == 0
    assert await status(deps, first.version_id) is Status.HELD
    assert live_jobs(deps.settings.database_url) == []


async def test_every_step_is_registered_and_one_version_is_worked_on_once_at_a_time(deps: Deps, tmp_path: Path) -> None:
    queue = make_queue(deps.settings.database_url)
    steps.bind(queue, deps)
    assert {INGEST, REVIEW, PUBLISH} <= set(queue.tasks)
    first = await submit(deps, await person(deps), tmp_path)
    async with deps.database.write() as tx:
        await tx.defer(REVIEW, version_id=str(first.version_id))
    async with queue.open_async():
        one = await queue.job_manager.fetch_job(queues=None, worker_id=await _worker(queue))
        assert one is not None
        assert await queue.job_manager.fetch_job(queues=None, worker_id=await _worker(queue)) is None


async def test_what_the_queue_holds_twice_is_done_once(deps: Deps, tmp_path: Path, reviewer: ScriptedReviewer) -> None:
    reviewer.answers = [a_round("accept")]
    first = await submit(deps, await person(deps), tmp_path)
    for task in (INGEST, REVIEW, PUBLISH, INGEST):
        async with deps.database.write() as tx:
            await tx.defer(task, version_id=str(first.version_id))
    await run_until_idle(deps, make_queue(deps.settings.database_url))
    assert await moves(deps, first.version_id) == ["under_review", "accepted", "published"]
    assert len(reviewer.requests) == 1


async def _worker(queue: Any) -> int:
    number: int = await queue.job_manager.register_worker()
    return number
