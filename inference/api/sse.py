"""Server-sent events as OpenAI's clients read them, and noticing that nobody listens any more."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable
from typing import Any, TypeVar

import msgspec
from litestar import Request

from inference.api.errors import RefusedError

Result = TypeVar("Result")
DONE = b"data: [DONE]\n\n"


def gone() -> RefusedError:
    """Nobody is there to read it; the metrics do, and it is no trouble of ours."""
    return RefusedError(499, "the client went away")


def event(body: Any) -> bytes:
    """One event."""
    return b"data: " + msgspec.json.encode(body) + b"\n\n"


async def events(chunks: AsyncIterator[dict[str, Any]]) -> AsyncIterator[bytes]:
    """The chunks as events; a failure in the middle becomes an event too, because the status is already sent."""
    try:
        async for chunk in chunks:
            yield event(chunk)
    except RefusedError as error:
        yield event(error.body)
        return
    except Exception:  # the edge of a stream: a defect of ours is said in it and logged, not shown as a broken line
        logging.getLogger(__name__).exception("a stream failed")
        yield event(RefusedError(500, "the computation failed; the service's log says why").body)
        return
    yield DONE


async def while_connected(request: Request[Any, Any, Any], work: Awaitable[Result]) -> Result:
    """The result of `work`, which is cancelled when the client goes away."""
    task = asyncio.ensure_future(work)
    leaving = asyncio.create_task(_leaves(request))
    try:
        await asyncio.wait({task, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            raise gone()
        return task.result()
    finally:
        leaving.cancel()
        task.cancel()


async def _leaves(request: Request[Any, Any, Any]) -> None:
    while True:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            return
