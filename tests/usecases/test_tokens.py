"""Tokens: what they allow, when they end, and how little a stranger learns from a wrong one."""

import asyncio
import dataclasses
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from sqlalchemy import select, text

from aixiv.db import Database
from aixiv.db.account import Token
from aixiv.deps import Deps
from aixiv.domain.errors import Conflict, Invalid, NotAllowed, NotFound, NotSignedIn
from aixiv.domain.ids import new_id
from aixiv.domain.people import SYSTEM, Actor, ActorKind, Role, Scope
from aixiv.queries.people import tokens_of
from aixiv.queue import Deferrer, make_queue
from aixiv.usecases.accounts import disable_user
from aixiv.usecases.registration import RegisterAgent, disable_agent, register_agent
from aixiv.usecases.tokens import (
    MAX_LIVE_TOKENS,
    IssuedToken,
    IssueToken,
    authenticate_token,
    is_token,
    issue_token,
    make_token,
    revoke_token,
)
from tests.fixtures.deps import Clock
from tests.fixtures.people import agent_of, person, with_scopes

pytestmark = pytest.mark.anyio

READ = (Scope.PAPERS_READ,)


async def _agent(deps: Deps, owner: Actor, name: str = "Prospector") -> UUID:
    return (await register_agent(deps, owner, RegisterAgent(name=name, model_family="toy", operator="Lab"))).id


async def _refusal(deps: Deps, token: str) -> str:
    with pytest.raises(NotSignedIn) as refused:
        await authenticate_token(deps, token)
    return refused.value.code


async def test_an_agent_acts_with_its_token_for_its_owner(deps: Deps) -> None:
    ada = await person(deps, "ada", Role.AUTHOR, Role.REVIEWER)
    actor, token = await agent_of(deps, ada, "Prospector", Scope.PAPERS_SUBMIT, Scope.REVIEWS_WRITE)
    assert actor == await authenticate_token(deps, token)
    assert (actor.kind, actor.name, actor.user_id) == (ActorKind.AGENT, "Prospector", ada.user_id)
    assert actor.roles == {Role.AUTHOR, Role.REVIEWER}
    assert actor.scopes == frozenset({Scope.PAPERS_SUBMIT, Scope.REVIEWS_WRITE})


async def test_a_person_can_have_a_token_of_their_own(deps: Deps) -> None:
    ada = await person(deps)
    issued = await issue_token(deps, ada, IssueToken(name="laptop", scopes=READ))
    actor = await authenticate_token(deps, issued.token)
    assert actor == with_scopes(ada, *READ)


async def test_a_token_is_not_stored_in_any_readable_form(deps: Deps) -> None:
    issued = await issue_token(deps, await person(deps), IssueToken(name="laptop", scopes=READ))
    async with deps.database.read() as session:
        stored = await session.scalar(select(Token.token_hash))
        log = (await session.scalars(text("SELECT data::text FROM events"))).all()
    assert stored is not None
    assert issued.token[20:] not in stored + "".join(log)
    other_key = deps.settings.model_copy(update={"secret_key": SecretStr("another key")})
    assert await _refusal(dataclasses.replace(deps, settings=other_key), issued.token) == "token_unknown"


async def test_a_wrong_token_is_refused_without_asking_the_database(deps: Deps) -> None:
    await deps.database.close()
    broken = dataclasses.replace(deps, database=None)  # type: ignore[arg-type]
    token = make_token()
    for wrong in ("", "aixiv_", token[:-1], token + "x", token[:-1] + ("1" if token[-1] == "0" else "0"), "é" * 44):
        assert await _refusal(broken, wrong) == "token_malformed"


async def test_a_well_spelt_token_of_nobody_is_unknown(deps: Deps) -> None:
    assert await _refusal(deps, make_token()) == "token_unknown"


async def test_a_token_ends_when_it_expires(deps: Deps, clock: Clock) -> None:
    issued = await issue_token(deps, await person(deps), IssueToken(name="short", scopes=READ, days=1))
    clock.advance(timedelta(days=1))
    assert await _refusal(deps, issued.token) == "token_expired"


async def test_a_token_ends_when_its_owner_revokes_it_however_often(deps: Deps) -> None:
    ada = await person(deps)
    issued = await issue_token(deps, ada, IssueToken(name="laptop", scopes=READ))
    first = await revoke_token(deps, ada, issued.card.id)
    assert first == await revoke_token(deps, ada, issued.card.id)
    assert await _refusal(deps, issued.token) == "token_revoked"


async def test_a_token_ends_with_its_agent_and_with_its_owner(deps: Deps) -> None:
    ada, bob = await person(deps, "ada"), await person(deps, "bob")
    actor, token = await agent_of(deps, ada)
    assert actor.agent_id is not None
    await disable_agent(deps, ada, actor.agent_id)
    assert await _refusal(deps, token) == "token_revoked"
    _, other = await agent_of(deps, bob)
    assert bob.user_id is not None
    await disable_user(deps, SYSTEM, bob.user_id)
    assert await _refusal(deps, other) == "token_revoked"


async def test_somebody_elses_token_does_not_exist_for_me_but_does_for_an_admin(deps: Deps) -> None:
    ada, eve, root = await person(deps), await person(deps, "eve"), await person(deps, "root", Role.ADMIN)
    issued = await issue_token(deps, ada, IssueToken(name="laptop", scopes=READ))
    for token_id in (issued.card.id, new_id()):
        with pytest.raises(NotFound):
            await revoke_token(deps, eve, token_id)
    assert (await revoke_token(deps, root, issued.card.id)).revoked_at is not None


async def test_a_token_cannot_make_or_revoke_tokens(deps: Deps) -> None:
    ada = await person(deps, "ada", *Role)
    issued = await issue_token(deps, ada, IssueToken(name="all", scopes=tuple(Scope)))
    through_token = await authenticate_token(deps, issued.token)
    with pytest.raises(NotAllowed):
        await issue_token(deps, through_token, IssueToken(name="more", scopes=READ))
    with pytest.raises(NotAllowed):
        await revoke_token(deps, through_token, issued.card.id)


@pytest.mark.parametrize(
    ("roles", "scopes", "for_agent", "code"),
    [
        ((Role.ADMIN, Role.EDITOR), (Scope.EDITOR,), True, "agent_editor"),
        ((Role.AUTHOR,), (Scope.EDITOR,), False, "scope_role"),
        ((Role.AUTHOR,), (Scope.REVIEWS_WRITE,), True, "scope_role"),
        ((Role.AUTHOR,), (), False, "token_scopes"),
        ((Role.AUTHOR,), READ * 2, False, "token_scopes"),
    ],
)
async def test_a_token_never_holds_more_than_it_may(
    deps: Deps, roles: tuple[Role, ...], scopes: tuple[Scope, ...], for_agent: bool, code: str
) -> None:
    ada = await person(deps, "ada", *roles)
    agent_id = await _agent(deps, ada) if for_agent else None
    with pytest.raises(Invalid) as refused:
        await issue_token(deps, ada, IssueToken(name="greedy", scopes=scopes, agent_id=agent_id))
    assert refused.value.code == code


@pytest.mark.parametrize("days", [-1, 0, 366, 10**9])
async def test_a_token_lives_a_day_to_a_year(deps: Deps, days: int) -> None:
    with pytest.raises(Invalid):
        await issue_token(deps, await person(deps), IssueToken(name="odd", scopes=READ, days=days))


async def test_nobody_makes_a_token_for_somebody_elses_agent(deps: Deps) -> None:
    ada, eve = await person(deps), await person(deps, "eve")
    agent_id = await _agent(deps, ada)
    with pytest.raises(NotFound):
        await issue_token(deps, eve, IssueToken(name="stolen", scopes=READ, agent_id=agent_id))


async def test_ten_live_tokens_and_no_more_though_asked_for_at_once(deps: Deps, clock: Clock) -> None:
    ada = await person(deps)
    agent_id = await _agent(deps, ada)
    command = IssueToken(name="many", scopes=READ, agent_id=agent_id, days=1)
    asked = (issue_token(deps, ada, command) for _ in range(MAX_LIVE_TOKENS + 4))
    made = await asyncio.gather(*asked, return_exceptions=True)
    assert sum(isinstance(m, IssuedToken) for m in made) == MAX_LIVE_TOKENS
    assert sum(isinstance(m, Conflict) for m in made) == 4
    clock.advance(timedelta(days=2))
    await issue_token(deps, ada, command)


async def test_the_last_use_is_noted_at_most_once_a_minute(deps: Deps, clock: Clock) -> None:
    ada = await person(deps)
    issued = await issue_token(deps, ada, IssueToken(name="laptop", scopes=READ))
    began = clock.now
    noted = []
    for seconds in (0, 30, 29, 1):
        clock.advance(timedelta(seconds=seconds))
        await authenticate_token(deps, issued.token)
        async with deps.database.read() as session:
            noted.append((await tokens_of(session, ada))[0].last_used_at)
    assert noted == [began, began, began, began + timedelta(minutes=1)]


async def test_a_token_works_on_a_platform_that_is_read_only(deps: Deps) -> None:
    issued = await issue_token(deps, await person(deps), IssueToken(name="laptop", scopes=READ))
    settings = deps.settings.model_copy(update={"read_only": True})
    database = Database(settings.database_url, defer=Deferrer(make_queue(settings.database_url)), read_only=True)
    actor = await authenticate_token(dataclasses.replace(deps, settings=settings, database=database), issued.token)
    await database.close()
    assert actor.signed_in


@given(st.integers(0, 43), st.characters(codec="ascii"))
def test_one_wrong_character_is_noticed(place: int, character: str) -> None:
    token = make_token()
    assert is_token(token)
    changed = token[:place] + character + token[place + 1 :]
    assert is_token(changed) == (changed == token)
