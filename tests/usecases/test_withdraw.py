"""Taking work back leaves a tombstone with the reason, never a hole."""

from pathlib import Path

import pytest

from agents.port import ReviewFailed
from aixiv.db.review import Run
from aixiv.deps import Deps
from aixiv.domain.errors import AixivError, Conflict, Invalid, NotAllowed
from aixiv.domain.paper import OPEN, Status
from aixiv.domain.people import ANONYMOUS, Actor
from aixiv.queries.papers import find_paper
from aixiv.queries.timeline import progress
from aixiv.usecases.ingest import ingest_version
from aixiv.usecases.review import review_version
from aixiv.usecases.withdraw import retract_paper, withdraw_paper
from tests.fixtures.deps import ScriptedReviewer
from tests.fixtures.people import Role, person, stored_version
from tests.fixtures.works import a_round, live_jobs, moves, revise, row_counts, rows, status, submit, version, work_off

pytestmark = pytest.mark.anyio

REASON = "The data were wrong."


@pytest.mark.parametrize("start", sorted(Status))
async def test_what_is_open_can_be_withdrawn_and_nothing_else(deps: Deps, start: Status) -> None:
    owner = await person(deps)
    version_id = await stored_version(deps, owner, start)
    paper_id = (await version(deps, version_id)).paper_id
    if start in OPEN:
        await withdraw_paper(deps, owner, paper_id, REASON)
        stored = await version(deps, version_id)
        assert (stored.status, stored.status_reason) == ("withdrawn", REASON)
    else:
        await refused(deps, Conflict, withdraw_paper, owner, version_id, REASON)


@pytest.mark.parametrize("start", sorted(Status))
async def test_only_what_is_published_can_be_retracted(deps: Deps, start: Status) -> None:
    owner = await person(deps)
    version_id = await stored_version(deps, owner, start)
    if start is Status.PUBLISHED:
        await retract_paper(deps, owner, (await version(deps, version_id)).paper_id, REASON)
        stored = await version(deps, version_id)
        assert (stored.status, stored.status_reason) == ("retracted", REASON)
    else:
        await refused(deps, Conflict, retract_paper, owner, version_id, REASON)


@pytest.mark.parametrize("take_back", [withdraw_paper, retract_paper])
async def test_strangers_and_empty_reasons_are_refused(deps: Deps, take_back: object) -> None:
    owner, stranger = await person(deps), await person(deps, "eve")
    start = Status.HELD if take_back is withdraw_paper else Status.PUBLISHED
    version_id = await stored_version(deps, owner, start)
    await refused(deps, NotAllowed, take_back, stranger, version_id, REASON)
    await refused(deps, NotAllowed, take_back, ANONYMOUS, version_id, REASON)
    for reason in ("", " ", "x" * 2001, "a\0b"):
        await refused(deps, Invalid, take_back, owner, version_id, reason)
    editor = await person(deps, "edith", Role.EDITOR)
    await take_back(deps, editor, (await version(deps, version_id)).paper_id, REASON)  # type: ignore[operator]


async def test_a_retracted_work_keeps_its_page_for_everybody(
    deps: Deps, tmp_path: Path, reviewer: ScriptedReviewer
) -> None:
    reviewer.answers = [a_round("accept")]
    owner = await person(deps)
    first = await submit(deps, owner, tmp_path)
    await work_off(deps)
    await retract_paper(deps, owner, first.paper_id, REASON)
    async with deps.database.read() as session:
        card, _ = await find_paper(session, ANONYMOUS, "aixiv:2611.00001")
    assert (card.latest.status, card.latest.status_reason, card.published) == (Status.RETRACTED, REASON, 1)
    assert (await moves(deps, first.version_id))[-2:] == ["published", "retracted"]


async def test_a_retraction_takes_the_revision_under_way_along_and_nothing_can_follow(
    deps: Deps, tmp_path: Path, reviewer: ScriptedReviewer
) -> None:
    reviewer.answers = [a_round("accept"), a_round("accept")]
    owner = await person(deps)
    first = await submit(deps, owner, tmp_path)
    await work_off(deps)
    second = await revise(deps, owner, first.paper_id, tmp_path)
    await retract_paper(deps, owner, first.paper_id, REASON)
    await work_off(deps)
    assert [await status(deps, v.version_id) for v in (first, second)] == [Status.RETRACTED, Status.WITHDRAWN]
    for base in (1, 2):
        with pytest.raises(Conflict):
            await revise(deps, owner, first.paper_id, tmp_path, base=base)


async def test_a_withdrawn_work_shows_no_review_under_way(
    deps: Deps, tmp_path: Path, reviewer: ScriptedReviewer
) -> None:
    reviewer.answers = [ReviewFailed("server away", retryable=True)]
    owner = await person(deps)
    first = await submit(deps, owner, tmp_path)
    await ingest_version(deps, first.version_id)
    with pytest.raises(AixivError):
        await review_version(deps, first.version_id)
    await withdraw_paper(deps, owner, first.paper_id, REASON)
    async with deps.database.read() as session:
        card, _ = await find_paper(session, owner, str(first.paper_id))
        assert await progress(session, card) is None
    assert [run.status for run in await rows(deps, Run)] == ["stale"]  # type: ignore[attr-defined]


async def test_a_version_that_came_meanwhile_is_not_taken_back_with_a_word_about_another(
    deps: Deps, tmp_path: Path
) -> None:
    owner = await person(deps)
    first = await submit(deps, owner, tmp_path)
    seen = await stored_version(deps, owner, Status.PUBLISHED)
    with pytest.raises(Conflict, match="came meanwhile"):
        await withdraw_paper(deps, owner, first.paper_id, REASON, seen)
    await withdraw_paper(deps, owner, first.paper_id, REASON, first.version_id)
    assert await moves(deps, first.version_id) == ["withdrawn"]


async def test_the_jobs_of_a_withdrawn_work_end_without_doing_anything(
    deps: Deps, tmp_path: Path, reviewer: ScriptedReviewer
) -> None:
    owner = await person(deps)
    first = await submit(deps, owner, tmp_path)
    await withdraw_paper(deps, owner, first.paper_id, REASON)
    await work_off(deps)
    assert reviewer.requests == []
    assert live_jobs(deps.settings.database_url) == []
    assert await moves(deps, first.version_id) == ["withdrawn"]


async def refused(
    deps: Deps, error: type[AixivError], take_back: object, actor: Actor, version_id: object, reason: str
) -> None:
    before = row_counts(deps.settings.database_url)
    stored = await version(deps, version_id)  # type: ignore[arg-type]
    with pytest.raises(error):
        await take_back(deps, actor, stored.paper_id, reason)  # type: ignore[operator]
    assert row_counts(deps.settings.database_url) == before
    assert await status(deps, stored.id) == stored.status
