"""Commands that run the platform: up, web's and worker's processes, the database's schema, the log, doctor."""

import asyncio
import importlib.util
import os
import sys
from datetime import timedelta

from aixiv.bootstrap import working
from aixiv.cli.acting import opened
from aixiv.cli.bundled import publish_bundled_works
from aixiv.domain.people import SYSTEM
from aixiv.queries import events
from aixiv.settings import Settings
from aixiv.supervisor.doctor import examine
from aixiv.supervisor.home import with_running_addresses
from aixiv.supervisor.models import judge_lines, why_no_model
from aixiv.supervisor.services import INFERENCE
from aixiv.supervisor.up import Running, run, table
from aixiv.usecases.accounts import ensure_admin, make_signin_link

FIRST_LINK_LIFE = timedelta(hours=24)


def up(*, demo: bool = False) -> int:
    """Start every service, apply migrations, and keep serving until Ctrl-C.

    Parameters
    ----------
    demo
        Take the bundled paper and proposal through the whole loop (once).
    """

    async def on_ready(running: Running) -> None:
        async with opened(running.settings) as parts:
            admin = await ensure_admin(parts.deps)
            link = await make_signin_link(parts.deps, SYSTEM, admin, life=FIRST_LINK_LIFE)
            why = await why_no_model(running.settings)
            print(table(running.rows(), {INFERENCE: "no language model, see below"} if why else {}))
            print("", *judge_lines(running.settings, why), sep="\n")
            print(f"aiXiv is serving at {running.settings.address}")
            print(f"sign in once with {link.url}", flush=True)
            if demo:
                await publish_bundled_works(parts.deps, admin)
                print(f"\nThe bundled works are at {running.settings.address}", flush=True)

    return asyncio.run(run(Settings(), on_ready=on_ready))


def worker() -> None:
    """Run background jobs until stopped. Any number may run, on any machine."""

    from aixiv.jobs.worker import run as run_worker

    async def work() -> None:
        async with working(with_running_addresses(Settings())) as parts:
            await run_worker(parts.deps, parts.queue)

    asyncio.run(work())


def mcp() -> None:
    """Serve one AI client over standard input and output, acting by AIXIV_TOKEN.

    The server is a door of its own above this package, so this process becomes it.
    """
    os.execv(sys.executable, (sys.executable, "-m", "mcp_server"))  # noqa: S606 - our own program, no shell


def doctor() -> int:
    """Say what is reachable, which judge would run, and what to set. Status 1 when a part is down."""
    lines = asyncio.run(examine(with_running_addresses(Settings())))
    for line in lines:
        print(f"{line.part:<12} {line.state:<10} {line.detail}")
        if line.fix:
            print(f"{'':<23} {line.fix}")
    return int(any(line.state == "down" for line in lines))


def upgrade_db() -> None:
    """Bring the database's tables to the newest revision. Safe to run from several machines at once."""
    from alembic import command
    from alembic.config import Config

    from aixiv.bootstrap.reviewing import make_checkpoint_tables

    settings = with_running_addresses(Settings())
    history = importlib.util.find_spec("migrations")
    assert history is not None  # installed together with this package
    assert history.submodule_search_locations is not None
    config = Config()
    config.set_main_option("script_location", history.submodule_search_locations[0])
    config.set_main_option("path_separator", "os")
    config.attributes["database_url"] = settings.database_url

    command.upgrade(config, "head")
    asyncio.run(make_checkpoint_tables(settings.database_url))


def verify_log() -> int:
    """Recompute the hash chain over every event. Status 1 when it is broken, with the first bad event."""

    async def check() -> int:
        async with opened() as parts, parts.deps.database.read() as session:
            verdict = await events.verify_log(session)
        if verdict.ok:
            print(f"{verdict.events} events, unbroken; head {verdict.head}")
            return 0
        print(f"broken at event {verdict.first_bad_seq}: {verdict.reason}", file=sys.stderr)
        return 1

    return asyncio.run(check())
