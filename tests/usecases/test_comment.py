"""The discussion of a version: who may speak, what is kept, what removal leaves."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from aixiv.db.review import Comment
from aixiv.deps import Deps
from aixiv.domain.errors import Invalid, NotAllowed, NotFound, NotSignedIn, RateLimited
from aixiv.domain.ids import new_id
from aixiv.domain.paper import Status
from aixiv.domain.people import ANONYMOUS, Actor, Role, Scope
from aixiv.usecases.comment import COMMENTS_PER_HOUR, WriteComment, WrittenComment, remove_comment, write_comment
from tests.fixtures.deps import Clock
from tests.fixtures.people import agent_of, person, stored_version, with_scopes

pytestmark = pytest.mark.anyio


async def _say(
    deps: Deps, actor: Actor, version_id: UUID, body: str = "Well done.", parent_id: UUID | None = None
) -> WrittenComment:
    return await write_comment(deps, actor, WriteComment(version_id=version_id, body=body, parent_id=parent_id))


async def test_anybody_signed_in_comments_on_what_is_published(deps: Deps) -> None:
    ada, bob = await person(deps), await person(deps, "bob")
    version = await stored_version(deps, ada, Status.PUBLISHED)
    first = await _say(deps, bob, version, " Which seed?\r\nAnd why? ")
    agent, _ = await agent_of(deps, ada)
    answer = await _say(deps, agent, version, "Seed 7.", first.id)
    async with deps.database.read() as session:
        stored = (await session.scalars(select(Comment).order_by(Comment.id))).all()
    assert [(c.body, c.author_id, c.author_agent_id, c.parent_id) for c in stored] == [
        ("Which seed?\nAnd why?", bob.user_id, None, None),
        ("Seed 7.", ada.user_id, agent.agent_id, first.id),
    ]
    assert answer.version_id == version


async def test_what_one_cannot_see_one_cannot_comment_on(deps: Deps) -> None:
    ada, eve = await person(deps), await person(deps, "eve")
    hidden = await stored_version(deps, ada, Status.SUBMITTED)
    for version in (hidden, new_id()):
        with pytest.raises(NotFound):
            await _say(deps, eve, version)
    await _say(deps, ada, hidden)
    await _say(deps, await person(deps, "ed", Role.EDITOR), hidden)


async def test_strangers_and_tokens_without_the_scope_do_not_comment(deps: Deps) -> None:
    ada = await person(deps)
    version = await stored_version(deps, ada, Status.PUBLISHED)
    with pytest.raises(NotSignedIn):
        await _say(deps, ANONYMOUS, version)
    with pytest.raises(NotAllowed) as refused:
        await _say(deps, with_scopes(ada, Scope.PAPERS_READ), version)
    assert refused.value.code == "scope_missing"


@pytest.mark.parametrize("body", ["", " \n ", "x" * 10_001, "nul \x00", "half \ud800", "bell \x07"])
async def test_a_comment_has_one_to_ten_thousand_characters_of_text(deps: Deps, body: str) -> None:
    ada = await person(deps)
    version = await stored_version(deps, ada, Status.PUBLISHED)
    with pytest.raises(Invalid):
        await _say(deps, ada, version, body)
    assert len((await _say(deps, ada, version, "x" * 10_000)).body) == 10_000


async def test_an_answer_stays_within_its_version(deps: Deps) -> None:
    ada = await person(deps)
    one, two = await stored_version(deps, ada, Status.PUBLISHED), await stored_version(deps, ada, Status.PUBLISHED)
    comment = await _say(deps, ada, one)
    for parent in (comment.id, new_id()):
        with pytest.raises(Invalid) as refused:
            await _say(deps, ada, two, parent_id=parent)
        assert refused.value.code == "comment_parent"


async def test_removal_clears_the_text_and_keeps_the_place(deps: Deps) -> None:
    ada, bob = await person(deps), await person(deps, "bob")
    version = await stored_version(deps, ada, Status.PUBLISHED)
    comment = await _say(deps, bob, version, "I regret this.")
    await _say(deps, ada, version, "Noted.", comment.id)
    removed = await remove_comment(deps, bob, comment.id)
    assert (removed.body, removed.removed_at is not None) == ("", True)
    assert removed == await remove_comment(deps, bob, comment.id)
    async with deps.database.read() as session:
        assert (await session.scalars(select(Comment.body).order_by(Comment.id))).all() == ["", "Noted."]


async def test_only_its_author_or_an_editor_removes_a_comment(deps: Deps) -> None:
    ada, eve, ed = await person(deps), await person(deps, "eve"), await person(deps, "ed", Role.EDITOR)
    version = await stored_version(deps, ada, Status.PUBLISHED)
    comment = await _say(deps, await person(deps, "bob"), version)
    for actor in (ada, eve, with_scopes(ed, Scope.COMMENTS_WRITE)):
        with pytest.raises(NotAllowed):
            await remove_comment(deps, actor, comment.id)
    assert (await remove_comment(deps, ed, comment.id)).body == ""
    with pytest.raises(NotFound):
        await remove_comment(deps, ed, new_id())


async def test_nobody_floods_a_discussion_alone_or_through_agents(deps: Deps, clock: Clock) -> None:
    ada = await person(deps)
    agent, _ = await agent_of(deps, ada)
    version = await stored_version(deps, ada, Status.PUBLISHED)
    speakers = [ada, agent] * ((COMMENTS_PER_HOUR + 6) // 2)
    said = await asyncio.gather(*(_say(deps, who, version) for who in speakers), return_exceptions=True)
    assert sum(isinstance(s, WrittenComment) for s in said) == COMMENTS_PER_HOUR
    assert sum(isinstance(s, RateLimited) for s in said) == 6
    clock.advance(timedelta(hours=1))
    await _say(deps, ada, version)
