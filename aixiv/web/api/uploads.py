"""Where a file goes that a client announced over MCP: one signed address, used once."""

import tempfile
from pathlib import Path
from uuid import UUID

from litestar import Response
from msgspec import Struct

from aixiv.deps import Deps
from aixiv.domain.errors import Conflict, Invalid, TooLarge
from aixiv.usecases.upload import ReceivedUpload, receive_upload, waiting_slot
from aixiv.web.cache import as_json
from aixiv.web.errors import Call
from aixiv.web.operation import Operation, operation
from aixiv.web.receive import read_query


class Signed(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What proves that the address was given out by us."""

    signature: str


@operation(
    "PUT",
    "/uploads/{upload:uuid}",
    Operation(
        id="sendUpload",
        summary="Send an announced file",
        tag="submitting",
        access="anybody",
        query=Signed,
        takes="application/octet-stream",
        returns=ReceivedUpload,
        errors=(Conflict, Invalid, TooLarge),
    ),
)
async def send(request: Call, upload: UUID, deps: Deps) -> Response[bytes]:
    """Send the bytes of a file to the address that the MCP tool start_upload gave. The signature in it stands for its
    owner, so no token is needed; it works once, until the slot is over, for exactly the bytes that were announced."""
    slot = await waiting_slot(deps, upload, read_query(request, Signed).signature)
    with tempfile.TemporaryDirectory(prefix="aixiv-upload-") as folder:
        path, size = Path(folder) / "file", 0
        with path.open("wb") as file:
            async for chunk in request.stream():
                size += len(chunk)
                if size > slot.size:
                    raise TooLarge(f"The file has over the {slot.size:,} bytes that were announced.")
                file.write(chunk)
        return as_json(await receive_upload(deps, slot, path))
