"""The bibliographic index: works of imported dumps that references are compared with. It holds no work of ours."""

from sqlalchemy import BigInteger, Identity, Index, Integer, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from aixiv.db.base import Base


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
