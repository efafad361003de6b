"""`subscriptions/listen`: one stream on which a client hears that a paper it watches, or its task, has changed.

What is watched is looked at again and again with the eyes of who listens: a change is what they would read differently.
So nothing is told of what they may not see, no process has to tell another anything, and any process serves any stream.
What does not exist, is hidden or never changes is left out of the acknowledgement, all in the same way.
"""

import hashlib
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Literal

import anyio
from mcp import MCPError
from mcp.shared.subscriptions import SUBSCRIPTION_ID_META_KEY
from mcp.types import (
    Notification,
    NotificationParams,
    ResourceUpdatedNotification,
    ResourceUpdatedNotificationParams,
    SubscriptionFilter,
    SubscriptionsAcknowledgedNotification,
    SubscriptionsAcknowledgedNotificationParams,
    SubscriptionsListenResult,
)
from pydantic import ConfigDict

from aixiv.domain.errors import AixivError, RateLimited
from aixiv.domain.people import Actor
from mcp_server.resources import is_watchable, read_resource
from mcp_server.tool import Call

WATCH_SECONDS = 3.0
KNOWN_SECONDS = 15.0
"""How long a token that was revoked still hears something."""
STREAM_SECONDS = 1_800.0
"""The longest one stream goes on; its client then listens again."""
MOST_WATCHED = 8
STREAMS_AT_ONCE = 4
"""Streams of one actor, or of one address that is nobody, that one process keeps open."""

Still = Callable[[], Awaitable[Actor]]
"""Who listens, asked anew; raises `NotSignedIn` when the token is no longer valid."""
ShowTask = Callable[[Call, str], Awaitable[dict[str, Any]]]
_open: Counter[str] = Counter()


class _TaskParams(NotificationParams):
    model_config = ConfigDict(extra="allow")


class _TaskNotification(Notification[_TaskParams, Literal["notifications/tasks"]]):
    method: Literal["notifications/tasks"] = "notifications/tasks"
    params: _TaskParams


class Stream:
    """One client's stream: where it hears, and what it was last told of each thing."""

    def __init__(self, session: Any, id_: Any, show_task: ShowTask) -> None:
        self._session, self._id, self._show_task = session, id_, show_task
        self._meta = {SUBSCRIPTION_ID_META_KEY: id_}
        self._seen: dict[str, str] = {}
        self._tasks: set[str] = set()  # that have not come to an end

    async def open(self, call: Call, uris: list[str], task_ids: list[str]) -> None:
        """Say what will be told."""
        for uri in dict.fromkeys(uris[:MOST_WATCHED]):
            if is_watchable(uri) and (mark := await _mark(call, uri)):
                self._seen[uri] = mark
        for task_id in dict.fromkeys(task_ids[:MOST_WATCHED]):
            if await self._shown(call, task_id):
                self._tasks.add(task_id)
        honoured = SubscriptionFilter(resource_subscriptions=list(self._seen) or None)
        if self._tasks:
            honoured = SubscriptionFilter(**honoured.model_dump(), taskIds=sorted(self._tasks))
        params = SubscriptionsAcknowledgedNotificationParams(notifications=honoured, _meta=self._meta)
        await self._tell(SubscriptionsAcknowledgedNotification(params=params))

    async def follow(self, call: Call, still: Still) -> SubscriptionsListenResult:
        """Tell of changes until there is nothing left to watch, or time is over."""
        began = known = time.monotonic()
        while (self._seen or self._tasks) and time.monotonic() - began < STREAM_SECONDS:
            await anyio.sleep(WATCH_SECONDS)
            if time.monotonic() - known > KNOWN_SECONDS:
                try:
                    call, known = replace(call, actor=await still()), time.monotonic()
                except AixivError:
                    break
            await self._look(call)
        return SubscriptionsListenResult(_meta=self._meta)

    async def _look(self, call: Call) -> None:
        for uri, before in list(self._seen.items()):
            mark = await _mark(call, uri)
            if mark == before:
                continue
            if mark:
                self._seen[uri] = mark
            else:
                del self._seen[uri]  # out of sight: the client reads it again and is told so
            params = ResourceUpdatedNotificationParams(uri=uri, _meta=self._meta)
            await self._tell(ResourceUpdatedNotification(params=params))
        for task_id in sorted(self._tasks):
            shown = await self._shown(call, task_id)
            if shown and shown["status"] == "working":
                continue
            self._tasks.discard(task_id)
            if shown:
                await self._tell(_TaskNotification(params=_TaskParams(**shown, _meta=self._meta)))

    async def _shown(self, call: Call, task_id: str) -> dict[str, Any]:
        try:
            return await self._show_task(call, task_id)
        except (MCPError, AixivError):
            return {}

    async def _tell(self, notification: Any) -> None:
        await self._session.send_notification(notification, related_request_id=self._id)


@contextmanager
def one_more(listener: str) -> Iterator[None]:
    """A place among the listener's streams. Raises `RateLimited` when all are taken."""
    if _open[listener] >= STREAMS_AT_ONCE:
        message = f"{STREAMS_AT_ONCE} streams of yours are open already; close one, or ask with get_status."
        raise RateLimited(message, retry_after=round(KNOWN_SECONDS))
    _open[listener] += 1
    try:
        yield
    finally:
        _open[listener] -= 1
        if not _open[listener]:
            del _open[listener]


async def _mark(call: Call, uri: str) -> str:
    """What the listener reads there now, in short; nothing when there is nothing for them."""
    try:
        (content,) = (await read_resource(call, uri)).contents
    except (MCPError, AixivError):
        return ""
    return hashlib.sha256(content.model_dump_json().encode()).hexdigest()
