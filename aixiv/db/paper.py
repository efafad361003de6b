"""Tables of papers, their versions, the authors of a version, and the files behind them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pgvector.sqlalchemy import Vector
from sqlalchemy import BigInteger, CheckConstraint, Computed, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from aixiv.db.base import Base, utcnow
from aixiv.domain.ids import new_id
from aixiv.domain.paper import Status

EMBEDDING_SIZE = 384
_STATUSES = ", ".join(f"'{status.value}'" for status in Status)


class Artifact(Base):
    """A stored file, known by its content. Immutable; the bytes lie in object storage under the same hash."""

    __tablename__ = "artifacts"
    __table_args__ = (CheckConstraint("size >= 0", name="size"), CheckConstraint("length(sha256) = 64", name="sha256"))

    sha256: Mapped[str] = mapped_column(primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    media_type: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=utcnow)


class Paper(Base):
    """A work over all its versions. `number` is given at first publication and never changes."""

    __tablename__ = "papers"
    __table_args__ = (
        CheckConstraint("kind IN ('paper', 'proposal')", name="kind"),
        CheckConstraint("(yymm IS NULL) = (number IS NULL)", name="number_whole"),
        UniqueConstraint("yymm", "number"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[str]
    track: Mapped[str]
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    agent_id: Mapped[UUID | None] = mapped_column(ForeignKey("agents.id"))
    yymm: Mapped[str | None]
    number: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(default=utcnow)


class Version(Base):
    """One immutable submitted content of a paper, and where it stands.

    `generation` counts review runs; a slow result is stored only while its generation is still the current one.
    """

    __tablename__ = "versions"
    __table_args__ = (
        UniqueConstraint("paper_id", "n"),
        CheckConstraint("n >= 1", name="n"),
        CheckConstraint(f"status IN ({_STATUSES})", name="status"),
        CheckConstraint("(n = 1) = (base_version IS NULL)", name="base"),
        CheckConstraint("status NOT IN ('withdrawn', 'retracted') OR status_reason <> ''", name="tombstone_reason"),
        CheckConstraint("status <> 'published' OR published_at IS NOT NULL", name="published_at"),
        Index("ix_versions_search", "search", postgresql_using="gin"),
        Index("ix_versions_status_submitted", "status", "submitted_at"),
        Index(
            "uq_versions_one_published",
            "paper_id",
            unique=True,
            postgresql_where=text("status = 'published'"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    paper_id: Mapped[UUID] = mapped_column(ForeignKey("papers.id"), index=True)
    n: Mapped[int]
    status: Mapped[str]
    status_reason: Mapped[str] = mapped_column(default="")
    title: Mapped[str]
    abstract: Mapped[str] = mapped_column(default="")
    categories: Mapped[list[str]]
    keywords: Mapped[list[str]]
    licence: Mapped[str]
    base_version: Mapped[int | None]
    summary: Mapped[str] = mapped_column(default="")  # what changed, in the author's words
    response_letter: Mapped[dict[str, Any] | None]
    submitted_by: Mapped[str]  # label of the actor
    file_name: Mapped[str]
    file_sha256: Mapped[str] = mapped_column(ForeignKey("artifacts.sha256"))
    parsed_sha256: Mapped[str | None] = mapped_column(ForeignKey("artifacts.sha256"))
    page_count: Mapped[int | None]
    generation: Mapped[int] = mapped_column(default=0)
    screening_waived: Mapped[bool] = mapped_column(default=False)
    submitted_at: Mapped[datetime] = mapped_column(default=utcnow)
    decided_at: Mapped[datetime | None]
    published_at: Mapped[datetime | None]
    body: Mapped[str] = mapped_column(default="", deferred=True)  # start of the text, for search
    search: Mapped[str] = mapped_column(
        TSVECTOR,
        Computed(
            "setweight(to_tsvector('english', title), 'A') || setweight(to_tsvector('english', abstract), 'B')"
            " || setweight(to_tsvector('english', body), 'D')",
            persisted=True,
        ),
        deferred=True,
    )
    embedding: Mapped[Any | None] = mapped_column(Vector(EMBEDDING_SIZE), deferred=True)


class VersionAuthor(Base):
    """One author of a version, in order; an AI author names its model and operator."""

    __tablename__ = "version_authors"
    __table_args__ = (
        CheckConstraint("kind IN ('human', 'ai')", name="kind"),
        CheckConstraint("kind = 'human' OR (model <> '' AND operator <> '')", name="ai_complete"),
        Index("ix_version_authors_name", text("lower(name)")),
    )

    version_id: Mapped[UUID] = mapped_column(ForeignKey("versions.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    kind: Mapped[str]
    affiliation: Mapped[str] = mapped_column(default="")
    orcid: Mapped[str] = mapped_column(default="")
    model: Mapped[str] = mapped_column(default="")
    operator: Mapped[str] = mapped_column(default="")


class NumberCounter(Base):
    """Last public number given out in a month; advanced in the transaction that publishes, so numbers have no gaps."""

    __tablename__ = "number_counters"

    yymm: Mapped[str] = mapped_column(primary_key=True)
    last: Mapped[int]
