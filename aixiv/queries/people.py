"""Who is acting, their agents and tokens, and, for an admin, everybody. Secrets and hashes are never selected."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct, convert
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from aixiv.db.account import Agent, Token, User
from aixiv.db.review import DeclaredConflict
from aixiv.domain.cards import AgentCard, TokenCard, UserCard
from aixiv.domain.errors import NotSignedIn
from aixiv.domain.people import Action, Actor, ActorKind, Role, Scope, may


class Me(Struct, frozen=True, kw_only=True):
    """Who the request acts as: the person who answers for it, the agent if there is one, and what it may use.

    `scopes` is every scope for a browser session.
    """

    kind: ActorKind
    label: str
    name: str
    user: UserCard
    agent: AgentCard | None
    roles: tuple[Role, ...]
    scopes: tuple[Scope, ...]


class ConflictCard(Struct, frozen=True, kw_only=True):
    """Somebody a person has declared a conflict of interest with."""

    name: str
    reason: str
    declared_at: datetime


async def me(session: AsyncSession, actor: Actor) -> Me:
    """The acting person or agent; raises `NotSignedIn` for anybody else."""
    user = await session.get(User, actor.user_id) if actor.user_id else None
    if user is None:
        raise NotSignedIn("Nobody is signed in.")
    agent = await session.get(Agent, actor.agent_id) if actor.agent_id else None
    return Me(
        kind=actor.kind,
        label=actor.label,
        name=actor.name,
        user=convert(user, UserCard, from_attributes=True),
        agent=None if agent is None else convert(agent, AgentCard, from_attributes=True),
        roles=tuple(role for role in Role if role in actor.roles),
        scopes=tuple(scope for scope in Scope if actor.has(scope)),
    )


async def agents_of(session: AsyncSession, actor: Actor) -> list[AgentCard]:
    """The actor's own agents, newest first, disabled ones too."""
    may(actor, Action.MANAGE_AGENTS)
    query = select(Agent).where(Agent.owner_id == actor.user_id).order_by(Agent.id.desc())
    return [convert(agent, AgentCard, from_attributes=True) for agent in await session.scalars(query)]


async def tokens_of(session: AsyncSession, actor: Actor, agent_id: UUID | None = None) -> list[TokenCard]:
    """Tokens the actor made, newest first: those of one agent, or without `agent_id` all of them."""
    may(actor, Action.MANAGE_AGENTS)
    query = select(Token).where(Token.user_id == actor.user_id, Token.grant_id.is_(None)).order_by(Token.id.desc())
    if agent_id is not None:
        query = query.where(Token.agent_id == agent_id)
    return [convert(token, TokenCard, from_attributes=True) for token in await session.scalars(query)]


async def users_list(
    session: AsyncSession, actor: Actor, *, before: UUID | None = None, limit: int = 100
) -> list[UserCard]:
    """Everybody, newest first, for an admin; `before` is the id of the last one already seen."""
    may(actor, Action.MANAGE_USERS)
    query = select(User).order_by(User.id.desc()).limit(limit)
    if before is not None:
        query = query.where(User.id < before)
    return [convert(user, UserCard, from_attributes=True) for user in await session.scalars(query)]


async def actor_by_email(session: AsyncSession, email: str) -> Actor | None:
    """The person with this address as an actor, for the operator of the machine; None when there is nobody."""
    user = await session.scalar(
        select(User).where(func.lower(User.email) == email.strip().lower(), User.disabled_at.is_(None))
    )
    if user is None:
        return None
    roles = frozenset(Role(role) for role in user.roles)
    return Actor(kind=ActorKind.USER, user_id=user.id, name=user.name, roles=roles)


async def conflicts_of(session: AsyncSession, actor: Actor) -> tuple[ConflictCard, ...]:
    """Whom the actor has declared a conflict of interest with, by name. Only for a person who is signed in."""
    may(actor, Action.MANAGE_SELF)
    rows = await session.scalars(
        select(DeclaredConflict).where(DeclaredConflict.user_id == actor.user_id).order_by(DeclaredConflict.name)
    )
    return tuple(ConflictCard(name=r.name, reason=r.reason, declared_at=r.declared_at) for r in rows)
