"""The append-only, hash-chained log. The database refuses updates and deletes by trigger (see the migrations)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index
from sqlalchemy.orm import Mapped, mapped_column

from aixiv.db.base import Base


class EventRow(Base):
    """One stored event: `hash` covers this row and `previous`, the hash of the row before it."""

    __tablename__ = "events"
    __table_args__ = (Index("ix_events_paper_seq", "paper_id", "seq"),)

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)  # 1, 2, 3, ... no gaps
    tag: Mapped[str]
    actor: Mapped[str]
    at: Mapped[datetime]
    paper_id: Mapped[UUID | None]
    version_id: Mapped[UUID | None]
    data: Mapped[dict[str, Any]]
    previous: Mapped[str]
    hash: Mapped[str]
