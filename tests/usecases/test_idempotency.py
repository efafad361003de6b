"""A write sent twice happens once and is answered twice."""

import asyncio

import pytest
from msgspec import Struct
from sqlalchemy import func, select, text

from aixiv.db.account import Agent
from aixiv.deps import Deps
from aixiv.domain.cards import AgentCard
from aixiv.domain.errors import Conflict, IdempotencyConflict, Invalid
from aixiv.domain.people import ANONYMOUS, Actor, Scope
from aixiv.usecases.idempotency import once, remember, replay
from aixiv.usecases.registration import RegisterAgent, register_agent
from aixiv.usecases.tokens import IssuedToken, IssueToken, authenticate_token, issue_token
from tests.fixtures.people import person, stored_version

pytestmark = pytest.mark.anyio


class Answer(Struct, frozen=True):
    number: int


async def _register(deps: Deps, actor: Actor, key: str | None, name: str = "Prospector") -> AgentCard:
    command = RegisterAgent(name=name, model_family="toy", operator="Lab")
    return await once(
        deps, actor, key, "register_agent", name, lambda joined: register_agent(joined, actor, command), AgentCard
    )


async def _count(deps: Deps) -> int:
    async with deps.database.read() as session:
        return (await session.execute(select(func.count()).select_from(Agent))).scalar_one()


async def test_the_same_request_many_times_at_once_is_one_write(deps: Deps) -> None:
    ada = await person(deps)
    answers = await asyncio.gather(*(_register(deps, ada, "key-1") for _ in range(8)))
    assert len({answer.id for answer in answers}) == 1
    assert await _count(deps) == 1
    async with deps.database.read() as session:
        told = (await session.scalars(text("SELECT tag FROM events ORDER BY seq"))).all()
    assert told == ["user:created", "agent:registered"]


async def test_without_a_key_every_request_is_a_write(deps: Deps) -> None:
    ada = await person(deps)
    await _register(deps, ada, None, "One")
    await _register(deps, ada, None, "Two")
    assert await _count(deps) == 2


async def test_a_key_belongs_to_one_content_and_one_operation(deps: Deps) -> None:
    ada = await person(deps)
    await _register(deps, ada, "key-1", "One")
    with pytest.raises(IdempotencyConflict):
        await _register(deps, ada, "key-1", "Two")
    async with deps.database.write() as tx:
        with pytest.raises(IdempotencyConflict):
            await replay(tx, ada, "key-1", "another_operation", "One")


async def test_a_key_belongs_to_one_actor(deps: Deps) -> None:
    ada, bob = await person(deps), await person(deps, "bob")
    first, second = await _register(deps, ada, "key-1"), await _register(deps, bob, "key-1")
    assert (first.owner_id, second.owner_id) == (ada.user_id, bob.user_id)


async def test_a_refused_write_leaves_its_key_free(deps: Deps) -> None:
    ada = await person(deps)
    await _register(deps, ada, None, "Taken")
    for _ in range(2):
        with pytest.raises(Conflict):
            await _register(deps, ada, "key-1", "Taken")
    await _register(deps, ada, "key-1", "Free")


async def test_write_and_answer_are_stored_together_or_not_at_all(deps: Deps) -> None:
    ada = await person(deps)
    command = RegisterAgent(name="Prospector", model_family="toy", operator="Lab")

    async def register_then_fail(joined: Deps) -> AgentCard:
        await register_agent(joined, ada, command)
        raise RuntimeError("killed between the write and its answer")

    with pytest.raises(RuntimeError):
        await once(deps, ada, "key-1", "register_agent", "Prospector", register_then_fail, AgentCard)
    assert await _count(deps) == 0
    await _register(deps, ada, "key-1")


@pytest.mark.parametrize("key", ["", "x" * 201, "café", "two\nlines", "nul\x00"])
async def test_a_key_is_short_printable_ascii(deps: Deps, key: str) -> None:
    with pytest.raises(Invalid) as refused:
        await _register(deps, await person(deps), key)
    assert refused.value.code == "idempotency_key"


async def test_an_answer_is_kept_only_if_its_write_is(deps: Deps) -> None:
    ada = await person(deps)

    async def fail() -> None:
        async with deps.database.write() as tx:
            assert await replay(tx, ada, "key-1", "op", "hash") is None
            await remember(tx, ada, "key-1", "op", "hash", "{}")
            raise RuntimeError("the write failed after its answer was kept")

    with pytest.raises(RuntimeError):
        await fail()
    async with deps.database.write() as tx:
        assert await replay(tx, ada, "key-1", "op", "hash") is None
        await remember(tx, ada, "key-1", "op", "hash", "{}")
    async with deps.database.write() as tx:
        assert await replay(tx, ada, "key-1", "op", "hash") == "{}"


async def test_nothing_is_replayed_to_strangers(deps: Deps) -> None:
    async def act(number: int) -> Answer:
        return Answer(number)

    for number in (1, 2):
        answer = await once(deps, ANONYMOUS, "key-1", "op", "hash", lambda _, n=number: act(n), Answer)  # type: ignore[misc]
        assert answer == Answer(number)


async def test_a_repeated_request_for_a_token_does_not_show_it_again(deps: Deps) -> None:
    ada = await person(deps)
    await stored_version(deps, ada)
    command = IssueToken(name="laptop", scopes=(Scope.PAPERS_READ,))

    async def ask() -> IssuedToken:
        return await once(
            deps, ada, "key-1", "issue_token", "hash", lambda d: issue_token(d, ada, command), IssuedToken,
            redact=lambda issued: IssuedToken(token="", card=issued.card),
        )  # fmt: skip

    first, second = await ask(), await ask()
    assert (await authenticate_token(deps, first.token)).user_id == ada.user_id
    assert (second.token, second.card) == ("", first.card)
    async with deps.database.read() as session:
        kept = await session.scalar(text("SELECT answer FROM idempotency_records"))
    assert first.token not in str(kept)
