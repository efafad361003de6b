"""The steps a version goes through in the background, and what happens when one of them fails.

An outage (database, storage, model server) is tried again until it is over. A fault of our own is tried three times
and then ends the step in a state a person can see; nothing is ever dropped silently.
"""

from collections.abc import Awaitable, Callable
from uuid import UUID

import structlog
from procrastinate import App, BaseRetryStrategy, JobContext, RetryDecision
from procrastinate.jobs import Job

from aixiv.deps import Deps
from aixiv.domain.errors import Conflict, NotFound, Unavailable
from aixiv.domain.people import SYSTEM
from aixiv.queue import INGEST, PUBLISH, REVIEW
from aixiv.storage import StorageUnavailable
from aixiv.usecases.ingest import ingest_version
from aixiv.usecases.publish import publish_version
from aixiv.usecases.review import give_up, review_version

log = structlog.get_logger()

FAULT_ATTEMPTS = 3
REVIEW_ATTEMPTS = 12
"""Tries of one review before a person has to look at it: about ten minutes of a model server that is down."""
LONGEST_WAIT = 60  # seconds between two tries

OUTAGES = (Unavailable, StorageUnavailable)

Step = Callable[[Deps, UUID], Awaitable[object]]


class Patience(BaseRetryStrategy):
    """Waits 1, 2, 4, ... up to sixty seconds between tries; `run_step` decides when to stop trying.

    A fault lowers the job's priority by one: it goes behind work that is in order, and the queue remembers how often
    it happened (`faults_of`), however many outages there were between.
    """

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision:
        is_fault = isinstance(exception, Exception) and not isinstance(exception, OUTAGES)
        return RetryDecision(
            retry_in={"seconds": min(LONGEST_WAIT, 2 ** min(job.attempts, 6))},
            priority=job.priority - 1 if is_fault else job.priority,
        )


def faults_of(job: Job) -> int:
    """How often a fault of our own ended a try of this job."""
    return -job.priority


async def _publish(deps: Deps, version_id: UUID) -> None:
    try:
        await publish_version(deps, SYSTEM, version_id)
    except (Conflict, NotFound) as moved_on:
        log.info("publish.skip", version=str(version_id), reason=moved_on.message)


STEPS: dict[str, Step] = {INGEST: ingest_version, REVIEW: review_version, PUBLISH: _publish}


def bind(queue: App, deps: Deps) -> None:
    """Register every step with the queue."""
    for name, step in STEPS.items():
        _register(queue, deps, name, step)


def _register(queue: App, deps: Deps, name: str, step: Step) -> None:
    @queue.task(name=name, retry=Patience(), pass_context=True)
    async def run(context: JobContext, version_id: str) -> None:
        assert context.job is not None  # the queue always runs a job
        await run_step(deps, name, step, UUID(version_id), attempts=context.job.attempts, faults=faults_of(context.job))


async def run_step(deps: Deps, name: str, step: Step, version_id: UUID, *, attempts: int, faults: int = 0) -> None:
    """Run one try of a step, after so many tries and so many of them ended by a fault of our own.

    Raising means: try again later; returning means: over, one way or the other.
    """
    with structlog.contextvars.bound_contextvars(job=name, version=str(version_id), attempt=attempts + 1):
        try:
            await step(deps, version_id)
        except Unavailable as outage:
            if name == REVIEW and outage.code == "review_interrupted" and attempts + 1 >= REVIEW_ATTEMPTS:
                await give_up(deps, version_id, outage.message)
                return
            log.warning("job.outage", reason=outage.message)
            raise
        except StorageUnavailable as outage:
            log.warning("job.outage", reason=str(outage))
            raise
        except Exception as fault:
            log.exception("job.fault")
            if faults + 1 < FAULT_ATTEMPTS:
                raise
            await give_up(deps, version_id, f"an internal fault ({type(fault).__name__}); the log has the details.")
