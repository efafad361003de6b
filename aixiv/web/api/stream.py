"""What happened to a work, as a list and as a stream that goes on while it happens."""

import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Annotated, Any

import anyio
import msgspec
from litestar import Response
from litestar.response import Stream
from msgspec import Meta, Struct

from aixiv.deps import Deps
from aixiv.domain.errors import AixivError, RateLimited
from aixiv.domain.paper import IN_REVIEW, Status
from aixiv.domain.people import Actor
from aixiv.queries.papers import PaperCard, find_paper
from aixiv.queries.timeline import Progressing, TimelineEntry, progress, timeline
from aixiv.web.api.lookup import find
from aixiv.web.api.versions import Items
from aixiv.web.auth import origin_of, provide_actor
from aixiv.web.cache import conditional
from aixiv.web.errors import Call
from aixiv.web.operation import Operation, operation
from aixiv.web.receive import read_query
from review.policy import load_policy

POLL_SECONDS = 0.5
HEARTBEAT_SECONDS = 15.0
STREAM_SECONDS = 1800.0
"""The longest one stream goes on; its client then asks again where it stopped."""
STREAMS_AT_ONCE = 16
"""Streams of one actor, or of one address that is nobody, that one web process keeps open."""

Who = Callable[[], Awaitable[Actor]]
_open: Counter[str] = Counter()


class Behind(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where to go on."""

    after: Annotated[int, Meta(ge=0, le=2**62, description="Only entries behind this sequence number")] = 0


class End(Struct, frozen=True):
    """Why a stream ended: the status at which nothing more happens by itself."""

    status: Status


@operation(
    "GET",
    "/papers/{paper:str}/timeline",
    Operation(
        id="getTimeline",
        summary="What happened to a work",
        tag="reading",
        access="anybody",
        query=Behind,
        returns=Items[TimelineEntry],
        conditional=True,
    ),
)
async def history(request: Call, paper: str, deps: Deps, actor: Actor) -> Response[bytes]:
    """Events of the work and the versions you may see, oldest first, at most 500 behind `after`."""
    asked = read_query(request, Behind)
    named = await find(deps, actor, paper)
    async with deps.database.read() as session:
        return conditional(request, Items(await timeline(session, named.paper, after=asked.after)))


@operation(
    "GET",
    "/papers/{paper:str}/events",
    Operation(
        id="followPaper",
        summary="Follow a work",
        tag="reading",
        access="anybody",
        produces=("text/event-stream",),
        request_headers={"Last-Event-ID": "Id of the last event that was received; the stream goes on behind it"},
        other={204: "Everything was received already and nothing more will come by itself"},
    ),
)
async def events(request: Call, paper: str, deps: Deps, actor: Actor) -> Response[Any]:
    """Server-sent events: `timeline` entries as they happen, `progress` of a running review with its percent, and
    `end` with the status when nothing more happens by itself."""
    named = await find(deps, actor, paper)
    after = _last_seen(request)
    if after and _at_rest(named.paper):
        async with deps.database.read() as session:
            if not await timeline(session, named.paper, after=after, limit=1):
                return Response(b"", status_code=204)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    listener = actor.label if actor.signed_in else origin_of(request).address
    if _open[listener] >= STREAMS_AT_ONCE:
        message = f"{STREAMS_AT_ONCE} streams of yours are open already; close one, or ask for the timeline instead."
        raise RateLimited(message, retry_after=round(HEARTBEAT_SECONDS))
    who = partial(provide_actor, request, deps)
    content = _counted(_follow(deps, who, actor, named.paper, after), listener)
    return Stream(content, media_type="text/event-stream", headers=headers)


async def _counted(content: AsyncIterator[bytes], listener: str) -> AsyncIterator[bytes]:
    _open[listener] += 1
    try:
        async for message in content:
            yield message
    finally:
        _open[listener] -= 1
        if not _open[listener]:
            del _open[listener]


async def _follow(deps: Deps, who: Who, actor: Actor, paper: PaperCard, after: int) -> AsyncIterator[bytes]:
    """Looks again every half second with a fresh session, so that a slow reader holds none; asks again and again who
    is listening, so that a revoked token or an ended session hears no more."""
    started = spoken = asked = time.monotonic()
    shown: Progressing | None = None
    while time.monotonic() - started < STREAM_SECONDS:
        try:
            if time.monotonic() - asked > HEARTBEAT_SECONDS:
                actor, asked = await who(), time.monotonic()
            async with deps.database.read() as session:
                paper, _ = await find_paper(session, actor, str(paper.id))
                entries = await timeline(session, paper, after=after)
                running = await progress(session, paper)
        except AixivError:  # out of sight, or an outage: the client asks again and is told
            return
        for entry in entries:
            after = entry.seq
            yield _message("timeline", str(after), entry)
        if running is not None and running != shown:
            shown = running
            yield _message("progress", f"{after}.{running.percent}", running)
        if not entries and _at_rest(paper):
            yield _message("end", str(after), End(paper.latest.status))
            return
        now = time.monotonic()
        if entries:
            spoken = now
        elif now - spoken > HEARTBEAT_SECONDS:
            spoken = now
            yield b": still here\n\n"
        await anyio.sleep(POLL_SECONDS)


def _at_rest(paper: PaperCard) -> bool:
    """Whether nothing more happens to the work until somebody acts."""
    status = paper.latest.status
    publishes_itself = status is Status.ACCEPTED and load_policy(paper.track).auto_publish
    return status not in IN_REVIEW and not publishes_itself


def _message(event: str, id_: str, value: Any) -> bytes:
    return b"id: %b\nevent: %b\ndata: %b\n\n" % (id_.encode(), event.encode(), msgspec.json.encode(value))


def _last_seen(request: Call) -> int:
    """Sequence number in Last-Event-ID; what is none starts from the beginning."""
    digits = request.headers.get("last-event-id", "").partition(".")[0]
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 18 else 0
