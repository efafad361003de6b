"""Publication: numbers without gaps, the version before stepping back, and who may."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from aixiv.db.paper import NumberCounter, Paper, Version
from aixiv.deps import Deps
from aixiv.domain.errors import IllegalTransition, NotAllowed, NotFound
from aixiv.domain.ids import new_id
from aixiv.domain.paper import Status
from aixiv.domain.people import SYSTEM, Scope
from aixiv.usecases.publish import Published, publish_version
from tests.fixtures.deps import Clock, ScriptedReviewer
from tests.fixtures.people import Role, agent_of, person, stored_version
from tests.fixtures.works import a_round, moves, revise, row_counts, rows, status, submit, version, work_off

pytestmark = pytest.mark.anyio


async def test_ten_publications_at_once_take_the_numbers_one_to_ten(deps: Deps) -> None:
    owner = await person(deps)
    accepted = [await stored_version(deps, owner, Status.ACCEPTED) for _ in range(10)]
    done = await asyncio.gather(*(publish_version(deps, SYSTEM, version_id) for version_id in accepted))
    assert sorted(p.identifier for p in done) == [f"aixiv:2611.{n:05d}v1" for n in range(1, 11)]


async def test_a_publication_that_fails_takes_no_number(deps: Deps) -> None:
    owner = await person(deps)
    rejected = await stored_version(deps, owner, Status.REJECTED)
    with pytest.raises(IllegalTransition):
        await publish_version(deps, SYSTEM, rejected)
    assert await rows(deps, NumberCounter) == []
    done = await publish_version(deps, SYSTEM, await stored_version(deps, owner, Status.ACCEPTED))
    assert done.identifier == "aixiv:2611.00001v1"


async def test_numbers_start_again_each_month_and_a_work_keeps_its_own(
    deps: Deps, clock: Clock, tmp_path: Path, reviewer: ScriptedReviewer
) -> None:
    reviewer.answers = [a_round("accept"), a_round("accept")]
    owner = await person(deps)
    first = await submit(deps, owner, tmp_path)
    await work_off(deps)
    clock.advance(timedelta(days=40))
    await revise(deps, owner, first.paper_id, tmp_path)
    await work_off(deps)
    other = await publish_version(deps, SYSTEM, await stored_version(deps, owner, Status.ACCEPTED))
    assert other.identifier == "aixiv:2701.00001v1"
    numbers = {(paper.yymm, paper.number) for paper in await rows(deps, Paper)}  # type: ignore[attr-defined]
    assert numbers == {("2611", 1), ("2701", 1)}
    assert await moves(deps, first.version_id) == ["under_review", "accepted", "published", "superseded"]
    published = [v.n for v in await rows(deps, Version, Version.status == "published", Version.n > 1)]  # type: ignore[attr-defined]
    assert published == [2]


async def test_publishing_twice_changes_nothing_and_answers_the_same(deps: Deps) -> None:
    accepted = await stored_version(deps, await person(deps), Status.ACCEPTED)
    answers: list[Published] = await asyncio.gather(*(publish_version(deps, SYSTEM, accepted) for _ in range(3)))
    before = row_counts(deps.settings.database_url)
    again = await publish_version(deps, SYSTEM, accepted)
    assert {a.identifier for a in answers} == {again.identifier}
    assert row_counts(deps.settings.database_url) == before
    assert await moves(deps, accepted) == ["published"]


async def test_on_the_editorial_track_acceptance_waits_for_somebody_to_publish(
    deps: Deps, tmp_path: Path, reviewer: ScriptedReviewer
) -> None:
    reviewer.answers = [a_round("accept")]
    owner = await person(deps)
    first = await submit(deps, owner, tmp_path, track="editorial")
    await work_off(deps)
    assert await status(deps, first.version_id) is Status.ACCEPTED
    await publish_version(deps, owner, first.version_id)
    stored = await version(deps, first.version_id)
    assert (stored.status, stored.published_at) == ("published", deps.clock())


@pytest.mark.parametrize("who", ["stranger", "agent without the scope"])
async def test_others_may_not_publish(deps: Deps, who: str) -> None:
    owner = await person(deps)
    stranger = await person(deps, "eve")
    agent, _ = await agent_of(deps, owner, "Agent", Scope.PAPERS_READ, Scope.PAPERS_SUBMIT)
    accepted = await stored_version(deps, owner, Status.ACCEPTED)
    before = row_counts(deps.settings.database_url)
    with pytest.raises(NotAllowed):
        await publish_version(deps, stranger if who == "stranger" else agent, accepted)
    assert row_counts(deps.settings.database_url) == before


async def test_the_owner_s_agent_with_the_scope_and_an_editor_may(deps: Deps) -> None:
    owner = await person(deps)
    agent, _ = await agent_of(deps, owner, "Agent", Scope.PAPERS_PUBLISH)
    for actor in (agent, await person(deps, "edith", Role.EDITOR)):
        await publish_version(deps, actor, await stored_version(deps, owner, Status.ACCEPTED))


@pytest.mark.parametrize("wrong", [s for s in Status if s not in (Status.ACCEPTED, Status.PUBLISHED)])
async def test_only_what_was_accepted_can_be_published(deps: Deps, wrong: Status) -> None:
    version_id = await stored_version(deps, await person(deps), wrong)
    before = row_counts(deps.settings.database_url)
    with pytest.raises(IllegalTransition):
        await publish_version(deps, SYSTEM, version_id)
    assert row_counts(deps.settings.database_url) == before
    with pytest.raises(NotFound):
        await publish_version(deps, SYSTEM, new_id())
