"""What is known of other works: imported dumps, retractions, answers of outside indexes, and the wording of our own."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, Integer, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from aixiv.db.base import Base, utcnow


class KnownWork(Base):
    """One work of a dump. The keys are made by `review.references.keys`; a lookup is by equality with one of them."""

    __tablename__ = "known_works"
    __table_args__ = (
        UniqueConstraint("source", "source_id"),
        Index("ix_known_works_title_key", "title_key"),
        Index("ix_known_works_head_key", "head_key"),
        Index("ix_known_works_tail_key", "tail_key"),
        Index("ix_known_works_doi", "doi"),
        Index("ix_known_works_arxiv", "arxiv"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    source: Mapped[str]
    source_id: Mapped[str]
    title: Mapped[str]
    title_key: Mapped[str]
    head_key: Mapped[str | None]
    tail_key: Mapped[str | None]
    families: Mapped[list[str]]
    complete: Mapped[bool]
    years: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    venues: Mapped[list[str]]
    doi: Mapped[str | None]
    arxiv: Mapped[str | None]


class RetractedWork(Base):
    """One notice of a list of retractions: what became of a work, why, and where that is said."""

    __tablename__ = "retracted_works"
    __table_args__ = (
        UniqueConstraint("source_id"),
        Index("ix_retracted_works_doi", "doi"),
        Index("ix_retracted_works_title_key", "title_key"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    source_id: Mapped[str]
    title: Mapped[str]
    title_key: Mapped[str]
    families: Mapped[list[str]]
    doi: Mapped[str | None]
    nature: Mapped[str]  # Retraction, Expression of concern, ...
    reason: Mapped[str]
    retracted_on: Mapped[str]  # as the list prints it
    notice_doi: Mapped[str | None]


class VersionSketch(Base):
    """A sample of a version's wording (`review.overlap`): which versions share passages is asked of these alone."""

    __tablename__ = "version_sketches"
    __table_args__ = (Index("ix_version_sketches_hashes", "hashes", postgresql_using="gin"),)

    version_id: Mapped[UUID] = mapped_column(ForeignKey("versions.id"), primary_key=True)
    hashes: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))


class SourceAnswer(Base):
    """What an outside index answered to one question, kept so that the same question is not asked again soon."""

    __tablename__ = "source_answers"

    source: Mapped[str] = mapped_column(primary_key=True)
    question: Mapped[str] = mapped_column(primary_key=True)
    works: Mapped[list[Any]]  # list of review.references.Work
    asked_at: Mapped[datetime] = mapped_column(default=utcnow)
