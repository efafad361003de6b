"""Commands about people, their agents and tokens. Whoever can read the platform's secrets is its operator."""

import asyncio
from typing import Annotated
from uuid import UUID

from cyclopts import Parameter

from aixiv.cli.acting import acting_as, opened
from aixiv.domain.errors import NotFound
from aixiv.domain.people import SYSTEM, Role, Scope
from aixiv.queries.people import agents_of, users_list
from aixiv.usecases import registration, tokens
from aixiv.usecases.accounts import CreateUser, SetRoles, create_user, make_signin_link, set_roles
from aixiv.usecases.registration import RegisterAgent
from aixiv.usecases.tokens import IssueToken

_SPELT = {scope.name: scope.value for scope in Scope}  # as everywhere else: papers:submit
Scopes = Annotated[tuple[Scope, ...], Parameter(name_transform=lambda name: _SPELT.get(name, name))]


def add_user(email: str, name: str, *, role: tuple[Role, ...] = (Role.AUTHOR,)) -> None:
    """Make an account and print a one-time sign-in link for it."""

    async def act() -> None:
        async with opened() as parts:
            card = await create_user(parts.deps, SYSTEM, CreateUser(email=email, name=name, roles=role))
            link = await make_signin_link(parts.deps, SYSTEM, card.id)
            print(f"{card.id}  {card.email}\nsign in once with {link.url}")

    asyncio.run(act())


def list_user() -> None:
    """Who there is."""

    async def act() -> None:
        async with opened() as parts, parts.deps.database.read() as session:
            for card in await users_list(session, SYSTEM):
                print(f"{card.id}  {card.email:<32} {card.name:<28} {', '.join(card.roles)}")

    asyncio.run(act())


def roles_user(email: str, role: tuple[Role, ...]) -> None:
    """Set the roles of somebody; the ones not named are taken away."""

    async def act() -> None:
        async with opened() as parts:
            person = await acting_as(parts, email)
            assert person.user_id is not None  # a person found by address has an id
            await set_roles(parts.deps, SYSTEM, SetRoles(user_id=person.user_id, roles=role))

    asyncio.run(act())


def link_user(email: str) -> None:
    """Print a one-time sign-in link."""

    async def act() -> None:
        async with opened() as parts:
            person = await acting_as(parts, email)
            assert person.user_id is not None  # a person found by address has an id
            made = await make_signin_link(parts.deps, SYSTEM, person.user_id)
            print(made.url)

    asyncio.run(act())


def register_agent(owner: str, name: str, *, family: str, operator: str, version: str = "", homepage: str = "") -> None:
    """Register an agent for the person with the address `owner`."""

    async def act() -> None:
        async with opened() as parts:
            person = await acting_as(parts, owner)
            command = RegisterAgent(
                name=name, model_family=family, model_version=version, operator=operator, homepage=homepage
            )
            card = await registration.register_agent(parts.deps, person, command)
            print(f"{card.id}  {card.name}")

    asyncio.run(act())


def list_agent(owner: str) -> None:
    """Agents of the person with the address `owner`."""

    async def act() -> None:
        async with opened() as parts:
            person = await acting_as(parts, owner)
            async with parts.deps.database.read() as session:
                for card in await agents_of(session, person):
                    state = "disabled" if card.disabled_at else "active"
                    print(f"{card.id}  {card.name:<28} {card.model_family} {card.model_version}  {state}")

    asyncio.run(act())


def issue_token(owner: str, name: str, *, scope: Scopes, agent_name: str = "", days: int = 90) -> None:
    """Issue a token to a person, or to one of their agents, and print it once.

    Parameters
    ----------
    owner
        Address of the person.
    name
        What the token is for.
    scope
        What it may be used for; repeat for several.
    agent_name
        Name of the agent it acts as; without one, the person.
    days
        Days until it expires.
    """

    async def act() -> None:
        async with opened() as parts:
            person = await acting_as(parts, owner)
            agent_id: UUID | None = None
            if agent_name:
                async with parts.deps.database.read() as session:
                    found = [card for card in await agents_of(session, person) if card.name == agent_name]
                if not found:
                    raise NotFound(f"{owner} has no agent {agent_name!r}.", hint="`aixiv agent list` shows them.")
                agent_id = found[0].id
            made = await tokens.issue_token(
                parts.deps, person, IssueToken(name=name, scopes=scope, agent_id=agent_id, days=days)
            )
            print(made.token)

    asyncio.run(act())
