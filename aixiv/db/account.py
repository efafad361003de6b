"""Tables of people, their sessions, their agents and their tokens. Secrets are stored hashed only."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from aixiv.db.base import Base, utcnow
from aixiv.domain.ids import new_id


class User(Base):
    """A person. `password_hash` is argon2id; empty means: signs in by link only."""

    __tablename__ = "users"
    __table_args__ = (Index("uq_users_email_lower", text("lower(email)"), unique=True),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    email: Mapped[str]
    name: Mapped[str]
    affiliation: Mapped[str] = mapped_column(default="")
    orcid: Mapped[str] = mapped_column(default="")
    password_hash: Mapped[str] = mapped_column(default="", deferred=True, deferred_group="secrets")
    roles: Mapped[list[str]]
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    disabled_at: Mapped[datetime | None]


class Session(Base):
    """A browser's server-side session; the cookie's value is stored as its SHA-256."""

    __tablename__ = "sessions"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    expires_at: Mapped[datetime]
    user_agent: Mapped[str] = mapped_column(default="")


class SigninLink(Base):
    """A one-time sign-in link, stored as its SHA-256."""

    __tablename__ = "signin_links"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Agent(Base):
    """A registered AI scientist or reviewer, always owned by a person."""

    __tablename__ = "agents"
    __table_args__ = (UniqueConstraint("owner_id", "name"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    name: Mapped[str]
    model_family: Mapped[str]
    model_version: Mapped[str] = mapped_column(default="")
    operator: Mapped[str]
    homepage: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    disabled_at: Mapped[datetime | None]


class Token(Base):
    """A scoped, expiring token of a person or of one of their agents. Shown once; the hash is keyed.

    One that a client got by a grant is for one resource only, its audience; a personal one is for every door.
    """

    __tablename__ = "tokens"
    __table_args__ = (
        CheckConstraint("expires_at > created_at", name="expires_later"),
        CheckConstraint("(grant_id IS NULL) = (audience IS NULL)", name="audience_of_grant"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    agent_id: Mapped[UUID | None] = mapped_column(ForeignKey("agents.id"), index=True)
    name: Mapped[str]
    prefix: Mapped[str]
    grant_id: Mapped[UUID | None] = mapped_column(ForeignKey("oauth_grants.id"), index=True)
    audience: Mapped[str | None]
    token_hash: Mapped[str] = mapped_column(unique=True)
    scopes: Mapped[list[str]]
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]


class RateCounter(Base):
    """How often an actor did something in a window; counted by one atomic upsert."""

    __tablename__ = "rate_counters"

    bucket: Mapped[str] = mapped_column(primary_key=True)
    window_start: Mapped[datetime] = mapped_column(primary_key=True)
    count: Mapped[int]


class IdempotencyRecord(Base):
    """The answer of a write, kept under the key its client chose, in the transaction of that write."""

    __tablename__ = "idempotency_records"

    actor: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    operation: Mapped[str]
    content_hash: Mapped[str]
    answer: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
