"""Opening a platform that runs, and acting on it as somebody."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aixiv.bootstrap import Platform, build
from aixiv.domain.errors import NotFound, Unavailable
from aixiv.domain.people import SYSTEM, Actor
from aixiv.queries.people import actor_by_email
from aixiv.settings import Settings
from aixiv.storage import StorageUnavailable
from aixiv.supervisor.home import with_running_addresses


@asynccontextmanager
async def opened(settings: Settings | None = None) -> AsyncIterator[Platform]:
    """The parts of a platform that runs on this machine or is named by the environment."""
    found = with_running_addresses(settings or Settings())
    if not (found.database_url and found.s3_endpoint):
        raise Unavailable(
            "No running platform was found.",
            hint="Start one with `aixiv up`, or set AIXIV_DATABASE_URL and AIXIV_S3_*.",
        )
    parts = build(found)
    try:
        yield parts
    except StorageUnavailable as outage:
        raise Unavailable(str(outage), code="storage_unavailable") from outage
    finally:
        await parts.close()


async def acting_as(parts: Platform, email: str) -> Actor:
    """The person with this address; without one, the operator of this machine, who acts as the system."""
    if not email:
        return SYSTEM
    async with parts.deps.database.read() as session:
        actor = await actor_by_email(session, email)
    if actor is None:
        raise NotFound(f"There is no user {email!r}.", hint="`aixiv user list` shows who there is.")
    return actor
