"""Upload slots: a client that cannot send a file in its call announces it, sends it once to a signed address, and
names the slot when it submits.

The signature stands for the announcer, so the address works without a token; whoever has it can send exactly the bytes
that were announced and nothing else. What was sent may be submitted by the announcer only.
"""

import hashlib
import hmac
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from anyio import to_thread
from msgspec import Struct

from aixiv.db.upload import UploadSlot
from aixiv.deps import Deps
from aixiv.domain.errors import Conflict, Invalid, NotFound, TooLarge
from aixiv.domain.ids import new_id
from aixiv.domain.people import Action, Actor, may
from aixiv.domain.words import line
from aixiv.usecases import rates
from aixiv.usecases.submit import Upload

LIFETIME = timedelta(hours=24)
SLOTS_PER_HOUR = 60
_UNKNOWN = "There is no such upload, or it is over, or it is not yours."
_AGAIN = "Announce the file again with start_upload."


class AnnounceUpload(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file that is to come; `sha256` in lower-case hexadecimal, `size` in bytes."""

    filename: str
    size: int
    sha256: str


class Slot(Struct, frozen=True, kw_only=True):
    """Where to send the file, and until when it is kept."""

    upload_id: UUID
    put_url: str
    expires_at: datetime


class ReceivedUpload(Struct, frozen=True, kw_only=True):
    """The file is here."""

    upload_id: UUID
    size: int
    sha256: str
    expires_at: datetime


async def start_upload(deps: Deps, actor: Actor, announced: AnnounceUpload) -> Slot:
    """Open a slot for one file. Raises `TooLarge` for more than a manuscript may have."""
    may(actor, Action.SUBMIT)
    if announced.size > deps.settings.max_upload_bytes:
        raise TooLarge(f"The file has {announced.size:,} bytes; the limit is {deps.settings.max_upload_bytes:,}.")
    if announced.size < 1:
        raise Invalid("A file has at least one byte.", code="empty_file", hint="Send the manuscript.")
    if len(announced.sha256) != 64 or not set(announced.sha256) <= set("0123456789abcdef"):
        raise Invalid("sha256 must be 64 lower-case hexadecimal digits.", code="sha256", hint="sha256sum prints it.")
    filename = line(Path(announced.filename.replace("\\", "/")).name, "filename", most=255)
    now = deps.clock()
    slot = UploadSlot(
        id=new_id(),
        actor=actor.label,
        filename=filename,
        size=announced.size,
        sha256=announced.sha256,
        created_at=now,
        expires_at=now + LIFETIME,
    )
    async with deps.database.write() as tx:
        await rates.count(tx, f"upload:{actor.user_id}", limit=SLOTS_PER_HOUR, window=rates.HOUR, now=now)
        tx.session.add(slot)
    url = f"{deps.settings.address}/api/v1/uploads/{slot.id}?signature={signature_of(deps, slot.id)}"
    return Slot(upload_id=slot.id, put_url=url, expires_at=slot.expires_at)


async def waiting_slot(deps: Deps, upload_id: UUID, signature: str) -> UploadSlot:
    """The slot that this signed address belongs to, while nothing was sent to it. Asked before a body is read."""
    if not hmac.compare_digest(signature.encode(), signature_of(deps, upload_id).encode()):
        raise NotFound(_UNKNOWN, code="upload_unknown", hint=_AGAIN)
    async with deps.database.read() as session:
        slot = await session.get(UploadSlot, upload_id)
    if slot is None or slot.expires_at <= deps.clock():
        raise NotFound(_UNKNOWN, code="upload_unknown", hint=_AGAIN)
    if slot.received_at is not None:
        raise _received_before()
    return slot


async def receive_upload(deps: Deps, slot: UploadSlot, path: Path) -> ReceivedUpload:
    """Keep the file when it is the one that was announced."""
    size, digest = await to_thread.run_sync(_measured, path)
    if (size, digest) != (slot.size, slot.sha256):
        raise Invalid(
            f"The file has {size:,} bytes and sha256 {digest}; {slot.size:,} bytes with {slot.sha256} were announced.",
            code="upload_differs",
            hint="Send the announced file, or announce this one with start_upload.",
        )
    await deps.blobs.put_file(path)
    async with deps.database.write() as tx:
        stored = await tx.session.get(UploadSlot, slot.id, with_for_update=True)
        if stored is None or stored.received_at is not None:
            raise _received_before()
        stored.received_at = deps.clock()
    return ReceivedUpload(upload_id=slot.id, size=size, sha256=digest, expires_at=slot.expires_at)


@asynccontextmanager
async def uploaded(deps: Deps, actor: Actor, upload_id: UUID) -> AsyncIterator[Upload]:
    """The received file of this actor's slot on local disk, for as long as a use case needs it."""
    async with deps.database.read() as session:
        slot = await session.get(UploadSlot, upload_id)
    if slot is None or slot.actor != actor.label or slot.expires_at <= deps.clock():
        raise NotFound(_UNKNOWN, code="upload_unknown", hint=_AGAIN)
    if slot.received_at is None:
        raise Conflict(
            "The file has not been sent yet.", code="upload_waiting", hint="PUT its bytes to put_url, then call again."
        )
    with tempfile.TemporaryDirectory(prefix="aixiv-upload-") as folder:
        path = Path(folder) / "manuscript"
        await deps.blobs.fetch_to(slot.sha256, path)
        yield Upload(path=path, filename=slot.filename)


def signature_of(deps: Deps, upload_id: UUID) -> str:
    """The part of a slot's address that cannot be guessed."""
    key = deps.settings.secret_key.get_secret_value().encode()
    return hmac.new(key, f"upload:{upload_id}".encode(), hashlib.sha256).hexdigest()


def _received_before() -> Conflict:
    return Conflict("This address was used before.", code="upload_received", hint="Go on with its upload_id.")


def _measured(path: Path) -> tuple[int, str]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return file.tell(), digest
