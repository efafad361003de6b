"""Agents: owned, limited, renamed, stopped."""

import asyncio

import pytest

from aixiv.deps import Deps
from aixiv.domain.cards import AgentCard
from aixiv.domain.errors import Conflict, Invalid, NotAllowed, NotFound, NotSignedIn
from aixiv.domain.people import ANONYMOUS, Actor, Role, Scope
from aixiv.queries.people import agents_of, me, tokens_of, users_list
from aixiv.usecases.registration import (
    MAX_AGENTS,
    RegisterAgent,
    RenameAgent,
    disable_agent,
    register_agent,
    rename_agent,
)
from aixiv.usecases.tokens import authenticate_token
from tests.fixtures.people import agent_of, person

pytestmark = pytest.mark.anyio


def _agent(name: str = "Prospector", homepage: str = "") -> RegisterAgent:
    return RegisterAgent(name=name, model_family="toy", operator="Test Lab", homepage=homepage)


async def _agents(deps: Deps, owner: Actor) -> list[AgentCard]:
    async with deps.database.read() as session:
        return await agents_of(session, owner)


async def test_a_person_registers_agents_and_sees_only_their_own(deps: Deps) -> None:
    ada, bob = await person(deps), await person(deps, "bob")
    made = await register_agent(deps, ada, _agent(homepage="https://example.org/prospector"))
    await register_agent(deps, bob, _agent())
    assert await _agents(deps, ada) == [made]


async def test_only_a_person_at_the_portal_registers_agents(deps: Deps) -> None:
    agent, _ = await agent_of(deps, await person(deps))
    with pytest.raises(NotAllowed):
        await register_agent(deps, agent, _agent("Child"))
    with pytest.raises(NotSignedIn):
        await register_agent(deps, ANONYMOUS, _agent())


@pytest.mark.parametrize(
    "command",
    [
        _agent(""),
        _agent("   "),
        _agent("two\nlines"),
        _agent("nul\x00"),
        _agent("\u202egnahcxe"),
        _agent("half \ud800"),
        _agent("x" * 81),
        _agent(homepage="javascript:alert(1)"),
        _agent(homepage="http://[half"),
        _agent(homepage="https://"),
    ],
)
async def test_a_card_that_cannot_be_shown_is_refused(deps: Deps, command: RegisterAgent) -> None:
    with pytest.raises(Invalid):
        await register_agent(deps, await person(deps), command)


async def test_names_are_unique_per_owner(deps: Deps) -> None:
    ada = await person(deps)
    first = await register_agent(deps, ada, _agent("One"))
    await register_agent(deps, ada, _agent("Two"))
    with pytest.raises(Conflict):
        await register_agent(deps, ada, _agent("One"))
    with pytest.raises(Conflict):
        await rename_agent(deps, ada, RenameAgent(agent_id=first.id, name="Two"))
    assert (await rename_agent(deps, ada, RenameAgent(agent_id=first.id, name="Three"))).name == "Three"


async def test_twenty_agents_and_no_more_though_asked_for_at_once(deps: Deps) -> None:
    ada = await person(deps)
    for n in range(MAX_AGENTS - 2):
        await register_agent(deps, ada, _agent(f"Agent {n}"))
    late = (register_agent(deps, ada, _agent(f"Late {n}")) for n in range(5))
    made = await asyncio.gather(*late, return_exceptions=True)
    assert sum(isinstance(m, Conflict) for m in made) == 3
    agents = await _agents(deps, ada)
    assert len(agents) == MAX_AGENTS
    await disable_agent(deps, ada, agents[0].id)
    await register_agent(deps, ada, _agent("In its place"))


async def test_a_disabled_agent_is_stopped_but_stays_on_record(deps: Deps) -> None:
    ada = await person(deps)
    agent, token = await agent_of(deps, ada)
    assert agent.agent_id is not None
    stopped = await disable_agent(deps, ada, agent.agent_id)
    assert stopped == await disable_agent(deps, ada, agent.agent_id)
    assert await _agents(deps, ada) == [stopped]
    async with deps.database.read() as session:
        assert [t.revoked_at is not None for t in await tokens_of(session, ada, agent.agent_id)] == [True]
    with pytest.raises(NotSignedIn):
        await authenticate_token(deps, token)


async def test_somebody_elses_agent_does_not_exist_for_me_but_an_admin_may_stop_it(deps: Deps) -> None:
    ada, eve, root = await person(deps), await person(deps, "eve"), await person(deps, "root", Role.ADMIN)
    agent = await register_agent(deps, ada, _agent())
    with pytest.raises(NotFound):
        await disable_agent(deps, eve, agent.id)
    with pytest.raises(NotFound):
        await rename_agent(deps, eve, RenameAgent(agent_id=agent.id, name="Mine"))
    with pytest.raises(NotAllowed):
        await rename_agent(deps, root, RenameAgent(agent_id=agent.id, name="Renamed"))
    assert (await disable_agent(deps, root, agent.id)).disabled_at is not None


async def test_an_agent_learns_who_it_is_and_who_answers_for_it(deps: Deps) -> None:
    ada = await person(deps)
    agent, _ = await agent_of(deps, ada)
    async with deps.database.read() as session:
        through_token, through_portal = await me(session, agent), await me(session, ada)
        with pytest.raises(NotSignedIn):
            await me(session, ANONYMOUS)
    assert through_token.user == through_portal.user
    assert through_token.agent is not None
    assert (through_token.agent.name, through_token.scopes) == ("Prospector", tuple(s for s in Scope if agent.has(s)))
    assert (through_portal.agent, through_portal.scopes) == (None, tuple(Scope))


async def test_only_an_admin_lists_everybody(deps: Deps) -> None:
    ada, root = await person(deps), await person(deps, "root", Role.ADMIN)
    async with deps.database.read() as session:
        everybody = await users_list(session, root)
        rest = await users_list(session, root, before=everybody[0].id)
        with pytest.raises(NotAllowed):
            await users_list(session, ada)
    assert [u.name for u in everybody] == ["Root", "Ada"]
    assert [u.name for u in rest] == ["Ada"]
