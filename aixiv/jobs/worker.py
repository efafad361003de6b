"""The worker process: runs jobs, takes over those of dead workers, and looks after what was left behind."""

import asyncio
from contextlib import suppress
from uuid import UUID

import structlog
from procrastinate import App
from procrastinate.jobs import Status

from aixiv.deps import Deps
from aixiv.jobs.steps import bind
from aixiv.queue import HEARTBEAT_SECONDS, STALLED_SECONDS
from aixiv.usecases.housekeeping import remove_expired, requeue_lost
from aixiv.usecases.review import give_up

log = structlog.get_logger()

LAST_ATTEMPT = 40
TAKE_OVER_SECONDS = 3.0
SWEEP_SECONDS = 20.0
KEEP_DONE_HOURS = 24


async def run(deps: Deps, queue: App) -> None:
    """Work until the process is asked to stop (SIGINT, SIGTERM); running jobs are then cut short and resumed later."""
    bind(queue, deps)
    async with queue.open_async():
        chores = [asyncio.create_task(_take_over(deps, queue)), asyncio.create_task(_sweep(deps, queue))]
        try:
            await queue.run_worker_async(
                concurrency=deps.settings.worker_concurrency,
                update_heartbeat_interval=HEARTBEAT_SECONDS,
                stalled_worker_timeout=STALLED_SECONDS,
                shutdown_graceful_timeout=2.0,
                fetch_job_polling_interval=2.0,
            )
        finally:
            for chore in chores:
                chore.cancel()
            for chore in chores:
                with suppress(asyncio.CancelledError):
                    await chore


async def run_until_idle(deps: Deps, queue: App) -> None:
    """Run every job that is due and return: for the bundled run's tests and for tools."""
    bind(queue, deps)
    async with queue.open_async():
        await queue.run_worker_async(wait=False, install_signal_handlers=False, concurrency=1, listen_notify=False)


async def take_over_stalled(deps: Deps, queue: App) -> int:
    """Give jobs of workers that fell silent back to the queue; returns how many.

    A job that was tried too often, by outages or because it kills its worker, ends with its version held.
    """
    stalled = list(await queue.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS))
    for job in stalled:
        log.warning("job.taken_over", job=job.task_name, id=job.id, attempts=job.attempts)
        if job.attempts >= LAST_ATTEMPT:
            await give_up(deps, UUID(str(job.task_kwargs["version_id"])), "its worker died again and again.")
            await queue.job_manager.finish_job(job, Status.FAILED, delete_job=False)
        else:
            await queue.job_manager.retry_job(job)
    return len(stalled)


async def _take_over(deps: Deps, queue: App) -> None:
    while True:
        try:
            await take_over_stalled(deps, queue)
        except Exception as error:  # noqa: BLE001 - a chore outlives an outage; the next turn tries again
            log.warning("worker.take_over_failed", reason=str(error))
        await asyncio.sleep(TAKE_OVER_SECONDS)


async def _sweep(deps: Deps, queue: App) -> None:
    while True:
        try:
            for version in await requeue_lost(deps):
                log.warning("version.requeued", version=str(version))
            await remove_expired(deps)
            await queue.job_manager.delete_old_jobs(nb_hours=KEEP_DONE_HOURS)
        except Exception as error:  # noqa: BLE001 - a chore outlives an outage; the next turn tries again
            log.warning("worker.sweep_failed", reason=str(error))
        await asyncio.sleep(SWEEP_SECONDS)
