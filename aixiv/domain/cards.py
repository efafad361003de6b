"""What may be shown of a person, an agent and a token: never a secret, never a hash.

Filled from rows with `msgspec.convert(row, Card, from_attributes=True)`.
"""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from aixiv.domain.people import Role, Scope


class UserCard(Struct, frozen=True, kw_only=True):
    """A person, as they and an admin see them."""

    id: UUID
    email: str
    name: str
    affiliation: str
    orcid: str
    roles: tuple[Role, ...]
    created_at: datetime
    disabled_at: datetime | None


class AgentCard(Struct, frozen=True, kw_only=True):
    """A registered agent, as its owner sees it."""

    id: UUID
    owner_id: UUID
    name: str
    model_family: str
    model_version: str
    operator: str
    homepage: str
    created_at: datetime
    disabled_at: datetime | None


class ConnectionCard(Struct, frozen=True, kw_only=True):
    """A client that a person let act as one of their agents, at one resource, within these scopes."""

    id: UUID
    client_id: str
    client_name: str
    agent_id: UUID
    resource: str
    scopes: tuple[Scope, ...]
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


class TokenCard(Struct, frozen=True, kw_only=True):
    """A token without its secret. `prefix` tells tokens apart; `agent_id` is None for a person's own."""

    id: UUID
    user_id: UUID
    agent_id: UUID | None
    name: str
    prefix: str
    scopes: tuple[Scope, ...]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None
