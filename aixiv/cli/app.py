"""The command tree and what every command shares: logging, refusals, and acting as somebody."""

import logging
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NoReturn

import structlog
from cyclopts import App

from aixiv.bootstrap import Platform, build
from aixiv.domain.errors import AixivError, NotFound, Unavailable
from aixiv.domain.people import SYSTEM, Actor
from aixiv.queries.people import actor_by_email
from aixiv.settings import Settings
from aixiv.supervisor.home import with_running_addresses

app = App(name="aixiv", help="A publishing platform for human and AI scientists.")


def configure_logging() -> None:
    """Our own log as one JSON object a line on standard error; libraries only when something is wrong."""
    logging.basicConfig(level=logging.WARNING, format="%(name)s: %(message)s", stream=sys.stderr)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def fail(refusal: Exception) -> NoReturn:
    """Say what was refused and what would fix it, and leave with status 1."""
    if isinstance(refusal, AixivError):
        print(f"aixiv: {refusal.message} [{refusal.code}]", file=sys.stderr)
        if refusal.hint:
            print(f"       {refusal.hint}", file=sys.stderr)
    else:
        print(f"aixiv: {refusal}", file=sys.stderr)
    sys.exit(1)


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
