"""One paper as an actor may see it: its card, its versions, and what the platform did with each."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from aixiv.db.account import Agent, User
from aixiv.db.paper import Artifact, Paper, Version, VersionAuthor
from aixiv.db.visible import visible
from aixiv.domain.errors import NotFound
from aixiv.domain.ids import AixivId, VersionRef
from aixiv.domain.paper import CAME_TO_NOTHING, PUBLIC, Author, Status
from aixiv.domain.people import Actor
from review.report import ResponseLetter


class VersionCard(Struct, frozen=True, kw_only=True):
    """What every door shows of one version."""

    id: UUID
    paper_id: UUID
    identifier: str | None  # aixiv:YYMM.NNNNNvK once the paper is numbered
    n: int
    kind: str
    track: str
    status: Status
    status_reason: str
    title: str
    abstract: str
    authors: tuple[Author, ...]
    categories: tuple[str, ...]
    keywords: tuple[str, ...]
    licence: str
    base_version: int | None
    summary: str
    submitted_at: datetime
    decided_at: datetime | None
    published_at: datetime | None
    file_name: str
    file_sha256: str
    file_size: int
    media_type: str
    page_count: int | None
    screening_waived: bool
    readable: bool  # whether the file could be parsed


class PaperCard(Struct, frozen=True, kw_only=True):
    """A paper with the versions the actor may see, newest first; `latest` is the newest of them."""

    id: UUID
    identifier: str | None
    kind: str
    track: str
    owner_name: str
    agent_name: str | None
    mine: bool
    created_at: datetime
    latest: VersionCard
    published: int | None  # number of the version that is public now
    versions: tuple[VersionCard, ...]

    @property
    def revision_base(self) -> VersionCard:
        """The version that a new one would follow; whether it can be revised, its status says."""
        if self.latest.status not in CAME_TO_NOTHING:
            return self.latest
        return next((v for v in self.versions if v.status is Status.PUBLISHED), self.latest)


async def find_paper(session: AsyncSession, actor: Actor, reference: str) -> tuple[PaperCard, int | None]:
    """The paper that a UUID or an identifier in any spelling names, and the version number it asks for.

    Raises `NotFound` when there is none the actor may see.
    """
    ref = VersionRef.parse(reference)
    if ref is not None:
        where = [Paper.yymm == ref.paper.yymm, Paper.number == ref.paper.number]
    else:
        paper_id = _uuid(reference)
        if paper_id is None:
            raise NotFound(
                f"{reference[:80]!r} is not an identifier.", hint="Write aixiv:YYMM.NNNNN, or the paper's UUID."
            )
        where = [Paper.id == paper_id]
    rows = (await session.execute(card_query().where(visible(actor), *where).order_by(Version.n.desc()))).all()
    if not rows:
        raise NotFound("There is no such paper, or you may not see it.")
    versions = await cards_with_authors(session, rows)
    paper: Paper = rows[0].Paper
    owner = await session.get(User, paper.owner_id)
    agent = await session.get(Agent, paper.agent_id) if paper.agent_id else None
    card = PaperCard(
        id=paper.id,
        identifier=_identifier(paper),
        kind=paper.kind,
        track=paper.track,
        owner_name=owner.name if owner else "",
        agent_name=agent.name if agent else None,
        mine=actor.user_id is not None and actor.user_id == paper.owner_id,
        created_at=paper.created_at,
        latest=versions[0],
        published=next((v.n for v in versions if v.status in PUBLIC), None),
        versions=tuple(versions),
    )
    return card, ref.version if ref else None


def version_of(paper: PaperCard, n: int) -> VersionCard:
    """Version `n` of a paper, or `NotFound`."""
    for version in paper.versions:
        if version.n == n:
            return version
    raise NotFound(f"There is no version {n} of this paper, or you may not see it.")


async def response_letter(session: AsyncSession, version: VersionCard) -> ResponseLetter | None:
    """The letter that came with a version."""
    stored = await session.scalar(select(Version.response_letter).where(Version.id == version.id))
    return msgspec.convert(stored, ResponseLetter) if stored else None


async def parsed_sha256(session: AsyncSession, version: VersionCard) -> str | None:
    """Hash of the stored manuscript of a version, None while it is not parsed."""
    return await session.scalar(select(Version.parsed_sha256).where(Version.id == version.id))


def card_query() -> Any:
    """Rows (Paper, Version, size, media_type) that `cards_with_authors` turns into cards."""
    return (
        select(Paper, Version, Artifact.size, Artifact.media_type)
        .join(Version, Version.paper_id == Paper.id)
        .join(Artifact, Artifact.sha256 == Version.file_sha256)
    )


async def cards_with_authors(session: AsyncSession, rows: Sequence[Any]) -> list[VersionCard]:
    """Cards of these rows, in their order."""
    ids = [row.Version.id for row in rows]
    authors: dict[UUID, list[Author]] = {i: [] for i in ids}
    found = await session.scalars(
        select(VersionAuthor)
        .where(VersionAuthor.version_id.in_(ids))
        .order_by(VersionAuthor.version_id, VersionAuthor.position)
    )
    for row in found:
        authors[row.version_id].append(
            Author(
                name=row.name,
                kind=row.kind,  # type: ignore[arg-type]  # the table's CHECK allows only these two
                affiliation=row.affiliation,
                orcid=row.orcid,
                model=row.model,
                operator=row.operator,
            )
        )
    return [_card(row, tuple(authors[row.Version.id])) for row in rows]


def _card(row: Any, authors: tuple[Author, ...]) -> VersionCard:
    paper: Paper = row.Paper
    version: Version = row.Version
    identifier = _identifier(paper)
    return VersionCard(
        id=version.id,
        paper_id=paper.id,
        identifier=f"{identifier}v{version.n}" if identifier else None,
        n=version.n,
        kind=paper.kind,
        track=paper.track,
        status=Status(version.status),
        status_reason=version.status_reason,
        title=version.title or version.file_name,
        abstract=version.abstract,
        authors=authors,
        categories=tuple(version.categories),
        keywords=tuple(version.keywords),
        licence=version.licence,
        base_version=version.base_version,
        summary=version.summary,
        submitted_at=version.submitted_at,
        decided_at=version.decided_at,
        published_at=version.published_at,
        file_name=version.file_name,
        file_sha256=version.file_sha256,
        file_size=row.size,
        media_type=row.media_type,
        page_count=version.page_count,
        screening_waived=version.screening_waived,
        readable=version.parsed_sha256 is not None,
    )


def _identifier(paper: Paper) -> str | None:
    if paper.yymm is None or paper.number is None:
        return None
    return str(AixivId(paper.yymm, paper.number))


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
