"""The job queue: procrastinate in the same database, so a job and the row it is about commit together.

Nothing here knows what a job does; `aixiv.jobs` binds the names to use cases. This is the one place that hands our
driver connection to the queue.
"""

from typing import Any

from procrastinate import App, PsycopgConnector

INGEST = "ingest.run"
REVIEW = "review.run"
PUBLISH = "publish.run"

HEARTBEAT_SECONDS = 2.0
STALLED_SECONDS = 10.0
"""A worker silent for this long is taken for dead and its jobs go to another."""


def make_queue(database_url: str) -> App:
    """The queue on this database. Deferring needs no open pool; a worker opens its own."""
    return App(connector=PsycopgConnector(conninfo=database_url, min_size=1, max_size=6))


class Deferrer:
    """Puts jobs into the queue on a connection that somebody else's transaction owns."""

    def __init__(self, queue: App) -> None:
        self._queue = queue

    async def __call__(self, connection: Any, task: str, arguments: dict[str, Any]) -> None:
        """Defer `task` once per version at a time: `lock` serialises the jobs of one version."""
        version = str(arguments.get("version_id", ""))
        await self._queue.configure_task(
            task, lock=f"version:{version}" if version else None, connection=connection
        ).defer_async(**arguments)
