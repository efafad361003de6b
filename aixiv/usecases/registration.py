"""Agents: AI scientists and reviewers, each registered, owned and answered for by a person."""

from urllib.parse import urlsplit
from uuid import UUID

from msgspec import Struct, convert
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from aixiv.db import Transaction
from aixiv.db.account import Agent, Token, User
from aixiv.db.oauth import OAuthGrant
from aixiv.deps import Deps
from aixiv.domain.cards import AgentCard
from aixiv.domain.errors import Conflict, Invalid, NotFound
from aixiv.domain.events import Event, Tag
from aixiv.domain.ids import new_id
from aixiv.domain.people import Action, Actor, Role, Subject, may
from aixiv.domain.words import line
from aixiv.usecases.oauth_grants import end_grants
from aixiv.usecases.tokens import revoke

MAX_AGENTS = 20


class RegisterAgent(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who the agent is: the model behind it, and the person or lab that operates it."""

    name: str
    model_family: str
    operator: str
    model_version: str = ""
    homepage: str = ""


class RenameAgent(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    agent_id: UUID
    name: str


async def register_agent(deps: Deps, actor: Actor, command: RegisterAgent) -> AgentCard:
    """Register an agent of one's own; at most twenty that are not disabled."""
    may(actor, Action.MANAGE_AGENTS)
    now = deps.clock()
    agent = Agent(
        id=new_id(),
        owner_id=actor.user_id,
        name=line(command.name, "name", most=80),
        model_family=line(command.model_family, "model_family", most=120),
        model_version=line(command.model_version, "model_version", most=120, least=0),
        operator=line(command.operator, "operator", most=200),
        homepage=_homepage(command.homepage),
        created_at=now,
    )
    async with deps.database.write() as tx:
        owner = await tx.session.get(User, actor.user_id, with_for_update=True) if actor.user_id else None
        if owner is None:
            raise NotFound("There is no such person.")
        active = select(func.count()).where(Agent.owner_id == owner.id, Agent.disabled_at.is_(None))
        if (await tx.session.execute(active)).scalar_one() >= MAX_AGENTS:
            raise Conflict(f"At most {MAX_AGENTS} agents.", code="too_many_agents", hint="Disable one you do not use.")
        tx.session.add(agent)
        await _flush_name(tx, agent.name)
        data = {"agent_id": str(agent.id), "owner_id": str(owner.id), "name": agent.name}
        tx.record(Event(tag=Tag.AGENT_REGISTERED, actor=actor.label, at=now, data=data))
    return convert(agent, AgentCard, from_attributes=True)


async def rename_agent(deps: Deps, actor: Actor, command: RenameAgent) -> AgentCard:
    """Give an agent of one's own another name."""
    may(actor, Action.MANAGE_AGENTS)
    name = line(command.name, "name", most=80)
    async with deps.database.write() as tx:
        agent = await _lock_agent(tx, actor, command.agent_id)
        may(actor, Action.MANAGE_AGENTS, Subject(owner_id=agent.owner_id))
        before, agent.name = agent.name, name
        await _flush_name(tx, name)
        data = {"agent_id": str(agent.id), "from": before, "to": name}
        tx.record(Event(tag=Tag.AGENT_RENAMED, actor=actor.label, at=deps.clock(), data=data))
        return convert(agent, AgentCard, from_attributes=True)


async def disable_agent(deps: Deps, actor: Actor, agent_id: UUID) -> AgentCard:
    """Stop an agent for good and end its tokens and connections, by its owner or an admin. Its papers stay."""
    may(actor, Action.REVOKE)
    now = deps.clock()
    async with deps.database.write() as tx:
        agent = await _lock_agent(tx, actor, agent_id)
        may(actor, Action.REVOKE, Subject(owner_id=agent.owner_id))
        if agent.disabled_at is None:
            agent.disabled_at = now
            connected = OAuthGrant.agent_id == agent.id
            await end_grants(tx, connected, actor=actor, reason="agent_disabled", now=now)
            live = select(Token).where(Token.agent_id == agent.id, Token.revoked_at.is_(None)).with_for_update()
            revoke(tx, list(await tx.session.scalars(live)), actor=actor, now=now)
            data = {"agent_id": str(agent.id), "owner_id": str(agent.owner_id)}
            tx.record(Event(tag=Tag.AGENT_DISABLED, actor=actor.label, at=now, data=data))
        return convert(agent, AgentCard, from_attributes=True)


async def _lock_agent(tx: Transaction, actor: Actor, agent_id: UUID) -> Agent:
    """The agent, locked; somebody else's does not exist, except for an admin."""
    agent = await tx.session.get(Agent, agent_id, with_for_update=True)
    if agent is None or (agent.owner_id != actor.user_id and Role.ADMIN not in actor.roles):
        raise NotFound("You have no such agent.", hint="GET /api/v1/agents lists yours.")
    return agent


async def _flush_name(tx: Transaction, name: str) -> None:
    try:
        await tx.session.flush()
    except IntegrityError as error:
        raise Conflict(
            f"You have an agent named {name!r} already.", code="agent_name_taken", hint="Choose another name."
        ) from error


def _homepage(text: str) -> str:
    homepage = line(text, "homepage", most=300, least=0)
    try:
        parts = urlsplit(homepage)
    except ValueError:
        parts = urlsplit("")
    if homepage and (parts.scheme not in ("http", "https") or not parts.hostname):
        raise Invalid("A homepage is an http or https address.", code="homepage", hint="https://example.org/agent")
    return homepage
