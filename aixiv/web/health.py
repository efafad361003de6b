"""Is the process alive, can it work, and how much did it do: for supervisors, balancers and dashboards."""

import anyio
from litestar import Response, get
from msgspec import Struct

from aixiv.deps import Deps
from aixiv.domain.errors import Unavailable
from aixiv.storage import StorageError
from aixiv.web.cache import as_json
from aixiv.web.metrics import CONTENT_TYPE, Metrics

READY_SECONDS = 5.0


class Health(Struct, frozen=True):
    """`status` is ok; `parts` are those that were asked."""

    status: str
    parts: dict[str, str] = {}


@get("/healthz", include_in_schema=False)
async def healthz() -> Response[bytes]:
    """The process answers."""
    return as_json(Health("ok"))


@get("/readyz", include_in_schema=False)
async def readyz(deps: Deps) -> Response[bytes]:
    """Database and file storage answer too, in time."""
    try:
        with anyio.fail_after(READY_SECONDS):
            async with deps.database.read():
                pass
            await deps.blobs.ping()
    except StorageError as outage:
        raise Unavailable("The file storage does not answer.", code="storage_unavailable") from outage
    except TimeoutError as outage:
        raise Unavailable("A part does not answer in time.", code="not_ready") from outage
    return as_json(Health("ok", {"database": "ok", "storage": "ok"}))


@get("/metrics", include_in_schema=False)
async def metrics(metrics: Metrics) -> Response[bytes]:
    """The counters of this process."""
    return Response(metrics.text(), media_type=CONTENT_TYPE)
