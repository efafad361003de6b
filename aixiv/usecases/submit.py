"""Submitting a work, and a new version of one: refusals first, then the file, then rows, event and job together."""

import hashlib
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct, structs
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from aixiv.db import Transaction
from aixiv.db.paper import Artifact, Paper, Version, VersionAuthor
from aixiv.deps import Deps
from aixiv.domain.catalog import DEFAULT_TRACK, check_categories, check_licence
from aixiv.domain.errors import Conflict, Invalid, NotFound, StaleBase, TooLarge, Unavailable, UnreadableFile
from aixiv.domain.events import Event, Tag
from aixiv.domain.ids import new_id
from aixiv.domain.paper import CAME_TO_NOTHING, REVISABLE, Author, Status, clean_authors
from aixiv.domain.people import Action, Actor, Subject, may
from aixiv.domain.words import line, prose
from aixiv.queue import INGEST
from aixiv.storage import StoredBlob
from aixiv.text import ReaderLost, Unreadable
from aixiv.usecases import idempotency, rates
from aixiv.usecases.letter import check_answers, clean_letter
from aixiv.usecases.lifecycle import lock_latest, move
from review.manuscript import Kind, SourceFormat
from review.policy import policy_names
from review.report import ResponseLetter

MAX_TITLE = 300
MAX_ABSTRACT = 10_000
MAX_KEYWORDS = 20
MAX_SUMMARY = 5_000
MEDIA_TYPES = {"pdf": "application/pdf", "markdown": "text/markdown", "latex": "application/x-tex"}


class PaperMetadata(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an author says about a work. Title and abstract left empty are taken from the manuscript."""

    authors: tuple[Author, ...]
    categories: tuple[str, ...]
    licence: str = "CC-BY-4.0"
    kind: Kind = "paper"
    track: str = DEFAULT_TRACK
    title: str = ""
    abstract: str = ""
    keywords: tuple[str, ...] = ()


class VersionMetadata(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an author says about a new version; fields left out stay as they were; an abstract left out is read anew."""

    base_version: int
    response_letter: ResponseLetter = ResponseLetter()
    summary: str = ""
    title: str = ""
    abstract: str = ""
    authors: tuple[Author, ...] | None = None
    categories: tuple[str, ...] | None = None
    keywords: tuple[str, ...] | None = None
    licence: str = ""


class Upload(Struct, frozen=True, kw_only=True):
    """A received file, complete on local disk; the door that received it deletes it afterwards."""

    path: Path
    filename: str


class Submitted(Struct, frozen=True, kw_only=True):
    """Where the new version is to be found."""

    paper_id: UUID
    version_id: UUID
    n: int
    status: Status


async def submit_paper(
    deps: Deps, actor: Actor, metadata: PaperMetadata, upload: Upload, *, key: str | None = None
) -> Submitted:
    """Take in the first version of a work. `key` is the client's idempotency key."""
    may(actor, Action.SUBMIT)
    metadata = _clean_paper(metadata)
    blob, media_type = await _store(deps, upload)
    content = _content_hash(blob, metadata)
    async with deps.database.write() as tx:
        stored = await idempotency.replay(tx, actor, key, "submit_paper", content)
        if stored is not None:
            return msgspec.json.decode(stored, type=Submitted)
        await _count(deps, tx, actor)
        paper = Paper(
            id=new_id(), kind=metadata.kind, track=metadata.track, owner_id=actor.user_id, agent_id=actor.agent_id
        )
        tx.session.add(paper)
        now = deps.clock()
        tx.record(Event(tag=Tag.PAPER_CREATED, actor=actor.label, at=now, paper_id=paper.id, data={"kind": paper.kind}))
        version = Version(
            n=1,
            title=metadata.title,
            abstract=metadata.abstract,
            categories=list(metadata.categories),
            keywords=list(metadata.keywords),
            licence=metadata.licence,
        )
        await _add_version(deps, tx, actor, paper, version, metadata.authors, upload, blob, media_type)
        answer = Submitted(paper_id=paper.id, version_id=version.id, n=1, status=Status.SUBMITTED)
        await idempotency.remember(tx, actor, key, "submit_paper", content, msgspec.json.encode(answer).decode())
    return answer


async def submit_version(
    deps: Deps, actor: Actor, paper_id: UUID, metadata: VersionMetadata, upload: Upload, *, key: str | None = None
) -> Submitted:
    """Take in a revision of a work whose latest version is `metadata.base_version`."""
    async with deps.database.read() as session:
        paper = await session.get(Paper, paper_id)
        if paper is None:
            raise NotFound("There is no such paper.")
        may(actor, Action.REVISE, Subject(owner_id=paper.owner_id))
    metadata = _clean_version(metadata)
    blob, media_type = await _store(deps, upload)
    operation, content = f"submit_version:{paper_id}", _content_hash(blob, metadata)
    async with deps.database.write() as tx:
        stored = await idempotency.replay(tx, actor, key, operation, content)
        if stored is not None:
            return msgspec.json.decode(stored, type=Submitted)
        await _count(deps, tx, actor)
        paper, latest = await lock_latest(tx, paper_id)
        base = await _base(tx, latest)
        _check_base(base, metadata, blob)
        await check_answers(tx.session, base.id, base.n, metadata.response_letter)
        if Status(base.status) is Status.REVISION_REQUESTED:
            move(tx, base, Status.SUPERSEDED, actor=actor, now=deps.clock(), by=latest.n + 1)
        version = Version(
            n=latest.n + 1,
            base_version=base.n,
            title=metadata.title or base.title,
            abstract=metadata.abstract,
            categories=list(base.categories if metadata.categories is None else metadata.categories),
            keywords=list(base.keywords if metadata.keywords is None else metadata.keywords),
            licence=metadata.licence or base.licence,
            summary=metadata.summary,
            response_letter=msgspec.to_builtins(metadata.response_letter),
        )
        authors = metadata.authors if metadata.authors is not None else await _authors(tx, base.id)
        await _add_version(deps, tx, actor, paper, version, authors, upload, blob, media_type)
        answer = Submitted(paper_id=paper.id, version_id=version.id, n=version.n, status=Status.SUBMITTED)
        await idempotency.remember(tx, actor, key, operation, content, msgspec.json.encode(answer).decode())
    return answer


async def _store(deps: Deps, upload: Upload) -> tuple[StoredBlob, str]:
    """Refuse what cannot be read, then put the file into object storage under its hash."""
    source = await _checked(deps, upload)
    return await deps.blobs.put_file(upload.path), MEDIA_TYPES[source]


def check_size(deps: Deps, upload: Upload) -> None:
    """Raise `TooLarge`, or `Invalid` for a name that is none, before the file is opened."""
    size = upload.path.stat().st_size
    if size > deps.settings.max_upload_bytes:
        raise TooLarge(f"The file has {size:,} bytes; the limit is {deps.settings.max_upload_bytes:,}.")
    _file_name(upload)


async def _checked(deps: Deps, upload: Upload) -> SourceFormat:
    """What kind of file it is. Raises as `check_size`, or `UnreadableFile`."""
    check_size(deps, upload)
    try:
        return await deps.preflight(upload.path, upload.filename)
    except Unreadable as refusal:
        raise UnreadableFile(refusal.message, code=refusal.code, hint=refusal.hint) from refusal
    except ReaderLost as loss:
        raise Unavailable("The file could not be looked at; this is a fault of the platform.") from loss


def _file_name(upload: Upload) -> str:
    return line(Path(upload.filename.replace("\\", "/")).name, "file_name", most=255)


async def _count(deps: Deps, tx: Transaction, actor: Actor) -> None:
    limit = deps.settings.submissions_per_day
    await rates.count(tx, _bucket(actor), limit=limit, window=rates.DAY, now=deps.clock())


async def submissions_left(deps: Deps, actor: Actor) -> rates.Allowance:
    """How many versions the actor's owner may still submit today."""
    return await rates.left(deps, _bucket(actor), limit=deps.settings.submissions_per_day, window=rates.DAY)


def _bucket(actor: Actor) -> str:
    return f"submit:{actor.user_id}"


async def _add_version(
    deps: Deps,
    tx: Transaction,
    actor: Actor,
    paper: Paper,
    version: Version,
    authors: tuple[Author, ...],
    upload: Upload,
    blob: StoredBlob,
    media_type: str,
) -> None:
    artifact = insert(Artifact).values(
        sha256=blob.sha256, size=blob.size, media_type=media_type, created_at=deps.clock()
    )
    await tx.session.execute(artifact.on_conflict_do_nothing())
    now = deps.clock()
    version.id = new_id()
    version.paper_id = paper.id
    version.status = Status.SUBMITTED.value
    version.submitted_by = actor.label
    version.submitted_at = now
    version.file_name = _file_name(upload)
    version.file_sha256 = blob.sha256
    await tx.session.flush()
    tx.session.add(version)
    await tx.session.flush()
    tx.session.add_all(
        VersionAuthor(version_id=version.id, position=position, **structs.asdict(author))
        for position, author in enumerate(authors, start=1)
    )
    tx.record(
        Event(
            tag=Tag.VERSION_SUBMITTED,
            actor=actor.label,
            at=now,
            paper_id=paper.id,
            version_id=version.id,
            data={"n": version.n, "sha256": blob.sha256, "size": blob.size, "file": version.file_name},
        )
    )
    await tx.defer(INGEST, version_id=str(version.id))


async def _authors(tx: Transaction, version_id: UUID) -> tuple[Author, ...]:
    rows = await tx.session.scalars(
        select(VersionAuthor).where(VersionAuthor.version_id == version_id).order_by(VersionAuthor.position)
    )
    return tuple(
        Author(
            name=row.name,
            kind=row.kind,  # type: ignore[arg-type]  # the table's CHECK allows only these two
            affiliation=row.affiliation,
            orcid=row.orcid,
            model=row.model,
            operator=row.operator,
        )
        for row in rows
    )


def _content_hash(blob: StoredBlob, metadata: Any) -> str:
    return hashlib.sha256(blob.sha256.encode() + msgspec.json.encode(metadata, order="deterministic")).hexdigest()


def check_metadata(metadata: PaperMetadata | VersionMetadata) -> None:
    """Raise `Invalid` naming the field that a submission with this metadata would be refused for."""
    if isinstance(metadata, PaperMetadata):
        _clean_paper(metadata)
    else:
        _clean_version(metadata)


def _clean_paper(metadata: PaperMetadata) -> PaperMetadata:
    """The metadata as it is stored, or `Invalid` naming the field that is wrong."""
    check_categories(metadata.categories)
    check_licence(metadata.licence)
    if metadata.track not in policy_names():
        raise Invalid(
            f"{metadata.track!r} is not a track.", code="track_unknown", hint=f"One of {', '.join(policy_names())}."
        )
    return structs.replace(
        metadata,
        authors=clean_authors(metadata.authors),
        title=line(metadata.title, "title", most=MAX_TITLE, least=0),
        abstract=prose(metadata.abstract, "abstract", most=MAX_ABSTRACT, least=0),
        keywords=_clean_keywords(metadata.keywords),
    )


def _clean_version(metadata: VersionMetadata) -> VersionMetadata:
    if metadata.categories is not None:
        check_categories(metadata.categories)
    if metadata.licence:
        check_licence(metadata.licence)
    return structs.replace(
        metadata,
        authors=None if metadata.authors is None else clean_authors(metadata.authors),
        keywords=None if metadata.keywords is None else _clean_keywords(metadata.keywords),
        title=line(metadata.title, "title", most=MAX_TITLE, least=0),
        abstract=prose(metadata.abstract, "abstract", most=MAX_ABSTRACT, least=0),
        summary=prose(metadata.summary, "summary", most=MAX_SUMMARY, least=0),
        response_letter=clean_letter(metadata.response_letter),
    )


def _clean_keywords(keywords: tuple[str, ...]) -> tuple[str, ...]:
    if len(keywords) > MAX_KEYWORDS:
        raise Invalid(f"At most {MAX_KEYWORDS} keywords.", code="keywords_too_many")
    return tuple(line(word, "keyword", most=100) for word in keywords)


async def _base(tx: Transaction, latest: Version) -> Version:
    """What a revision follows: the latest version, or the published one when a revision of that came to nothing."""
    if Status(latest.status) not in CAME_TO_NOTHING:
        return latest
    published = select(Version).where(Version.paper_id == latest.paper_id, Version.status == Status.PUBLISHED.value)
    return await tx.session.scalar(published.with_for_update()) or latest


def check_follows(asked: int, base_n: int, base_status: Status) -> None:
    """Raise `StaleBase` or `Conflict` unless a revision of version `asked` can follow now: the base is that version."""
    if asked != base_n:
        raise StaleBase(f"A revision follows version {base_n} now, not {asked}.")
    if base_status not in REVISABLE:
        raise Conflict(
            f"Version {base_n} is {base_status}; a new version can follow one that is revision_requested or published.",
            code="not_revisable",
            hint="Wait for the decision; after a rejection or a withdrawal, submit a new work.",
        )


def _check_base(base: Version, metadata: VersionMetadata, blob: StoredBlob) -> None:
    check_follows(metadata.base_version, base.n, Status(base.status))
    if blob.sha256 == base.file_sha256:
        raise Conflict(
            f"This is the very file of version {base.n}.", code="unchanged_file", hint="Send the revised manuscript."
        )
