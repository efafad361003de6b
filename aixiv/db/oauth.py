"""Tables of what a person allowed a client: one grant a consent, and the refresh tokens that keep it alive."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from aixiv.db.base import Base, utcnow
from aixiv.domain.ids import new_id


class OAuthGrant(Base):
    """A consent: this client may act as this agent, at one resource, within these scopes.

    Its authorization code is part of it, because a code that comes back a second time ends the grant. Access tokens
    are rows of `tokens` that name their grant.
    """

    __tablename__ = "oauth_grants"
    __table_args__ = (CheckConstraint("code_expires_at > created_at", name="code_expires_later"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    agent_id: Mapped[UUID] = mapped_column(ForeignKey("agents.id"), index=True)
    client_id: Mapped[str]
    client_name: Mapped[str]
    redirect_uri: Mapped[str]
    resource: Mapped[str]
    scopes: Mapped[list[str]]
    challenge: Mapped[str]  # PKCE, S256
    code_hash: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    code_expires_at: Mapped[datetime]
    redeemed_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class OAuthRefresh(Base):
    """A refresh token, stored as a keyed hash. It is used once; used again, it ends its grant."""

    __tablename__ = "oauth_refreshes"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    grant_id: Mapped[UUID] = mapped_column(ForeignKey("oauth_grants.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
