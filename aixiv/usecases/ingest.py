"""Reading a submitted file: fetched, parsed in a limited subprocess, stored as a manuscript, handed to review.

A file that cannot be read is held with the reason; it never reaches a judge.
"""

import tempfile
from pathlib import Path
from uuid import UUID

import msgspec
import structlog
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from aixiv.db import Transaction
from aixiv.db.paper import Artifact, Version
from aixiv.deps import Deps
from aixiv.domain.events import Event, Tag
from aixiv.domain.paper import Status
from aixiv.domain.people import SYSTEM
from aixiv.queue import REVIEW
from aixiv.storage import StoredBlob
from aixiv.text import Parsed, Unreadable
from aixiv.usecases.lifecycle import lock_version, move
from inference.client import InferenceRefused, InferenceUnavailable

log = structlog.get_logger()

MAX_PARSED_BYTES = 200 * 2**20
SEARCHED_CHARACTERS = 200_000
EMBEDDED_CHARACTERS = 2_000
PARSED_MEDIA_TYPE = "application/vnd.aixiv.parsed+json"


async def ingest_version(deps: Deps, version_id: UUID) -> None:
    """Parse a submitted version and defer its review. Safe to run again: a second run finds nothing to do."""
    async with deps.database.read() as session:
        version = await session.get(Version, version_id)
    if version is None or not _waits(version):
        return
    with tempfile.TemporaryDirectory(prefix="aixiv-") as scratch:
        path = Path(scratch) / "manuscript"
        await deps.blobs.fetch_to(version.file_sha256, path)
        try:
            parsed = await deps.parse(path, version.file_name)
        except Unreadable as refusal:
            await _hold_unreadable(deps, version_id, refusal)
            return
    blob = await deps.blobs.put_bytes(msgspec.json.encode(parsed))
    embedding = await _embed(deps, parsed)
    await _save(deps, version_id, parsed, blob, embedding)


async def load_parsed(deps: Deps, sha256: str) -> Parsed:
    """The manuscript and layout stored under this hash."""
    return msgspec.json.decode(await deps.blobs.get_bytes(sha256, MAX_PARSED_BYTES), type=Parsed)


def _waits(version: Version) -> bool:
    return version.status == Status.SUBMITTED.value and version.parsed_sha256 is None


async def _hold_unreadable(deps: Deps, version_id: UUID, refusal: Unreadable) -> None:
    async with deps.database.write() as tx:
        _, version = await lock_version(tx, version_id)
        if _waits(version):
            reason = storable(f"The file cannot be read: {refusal.message} {refusal.hint}")
            move(tx, version, Status.HELD, actor=SYSTEM, now=deps.clock(), reason=reason, code=refusal.code)


async def _embed(deps: Deps, parsed: Parsed) -> list[float] | None:
    """A vector for finding related work; a version without one is only missing there."""
    manuscript = parsed.manuscript
    text = f"{manuscript.title}\n{manuscript.abstract or manuscript.text[:EMBEDDED_CHARACTERS]}"
    try:
        return (await deps.embedder.embed([text]))[0]
    except (InferenceUnavailable, InferenceRefused) as outage:
        log.warning("ingest.no_embedding", reason=str(outage))
        return None


async def _save(deps: Deps, version_id: UUID, parsed: Parsed, blob: StoredBlob, embedding: list[float] | None) -> None:
    manuscript = parsed.manuscript
    now = deps.clock()
    async with deps.database.write() as tx:
        _, version = await lock_version(tx, version_id)
        if not _waits(version):
            return
        row = insert(Artifact).values(sha256=blob.sha256, size=blob.size, media_type=PARSED_MEDIA_TYPE, created_at=now)
        await tx.session.execute(row.on_conflict_do_nothing())
        version.parsed_sha256 = blob.sha256
        version.page_count = len(manuscript.pages) or None
        version.title = version.title or storable(manuscript.title)[:300] or version.file_name
        version.abstract = (
            version.abstract or storable(manuscript.abstract)[:10_000] or await _earlier_abstract(tx, version)
        )
        version.body = storable(manuscript.text[:SEARCHED_CHARACTERS])
        version.embedding = embedding
        tx.record(
            Event(
                tag=Tag.VERSION_INGESTED,
                actor=SYSTEM.label,
                at=now,
                paper_id=version.paper_id,
                version_id=version.id,
                data={
                    "parsed": blob.sha256,
                    "sections": len(manuscript.sections),
                    "references": len(manuscript.references),
                },
            )
        )
        await tx.defer(REVIEW, version_id=str(version.id))


async def _earlier_abstract(tx: Transaction, version: Version) -> str:
    """The base version's abstract, for a revision in which none could be found."""
    found = await tx.session.scalar(
        select(Version.abstract).where(Version.paper_id == version.paper_id, Version.n == version.base_version)
    )
    return found or ""


def storable(text: str) -> str:
    """Text without what PostgreSQL cannot store: NUL characters and lone surrogates."""
    return text.replace("\0", "").encode("utf-8", "ignore").decode("utf-8")
