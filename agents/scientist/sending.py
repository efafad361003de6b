"""A manuscript on its way to the platform: as text where it is one file, through an upload slot where it is several."""

import hashlib
from typing import Any

from agents.scientist.door import Platform, Refused
from agents.scientist.sources import Sources

SLOT_OVER = "upload_unknown"
MOST_SLOTS = 3


async def manuscript_arguments(platform: Platform, sources: Sources, run_id: str, n: int) -> dict[str, Any]:
    """The arguments that stand for the manuscript in `submit_paper` and `submit_revision`."""
    if len(sources.files) == 1 and not sources.beside:
        return {"manuscript": sources.files[sources.main], "format": sources.format}
    content = sources.archive()
    digest = hashlib.sha256(content).hexdigest()
    for attempt in range(MOST_SLOTS):
        slot = await platform.call(
            "start_upload",
            {
                "filename": f"manuscript-v{n}.zip",
                "bytes": len(content),
                "sha256": digest,
                "idempotency_key": f"{run_id}:upload:{n}:{digest[:16]}:{attempt}",
            },
        )
        try:
            await platform.put(slot["put_url"], slot["headers"], content)
        except Refused as refusal:
            if refusal.code != SLOT_OVER or attempt + 1 == MOST_SLOTS:
                raise
        else:
            return {"upload_id": slot["upload_id"]}
    raise AssertionError("unreachable: the last attempt returns or raises")
