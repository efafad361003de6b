"""The table of upload slots: files that were announced and may be sent once, before a submission names them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from aixiv.db.base import Base, utcnow
from aixiv.domain.ids import new_id


class UploadSlot(Base):
    """One announced file. Only `actor` may submit it, and only until `expires_at`."""

    __tablename__ = "upload_slots"
    __table_args__ = (CheckConstraint("size >= 1", name="size"), CheckConstraint("length(sha256) = 64", name="sha256"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    actor: Mapped[str]  # label of the actor
    filename: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    expires_at: Mapped[datetime]
    received_at: Mapped[datetime | None]
