"""An editor's decision on a held version."""

from pathlib import Path
from typing import get_args

import pytest

from agents.port import ReviewFailed
from aixiv.db.review import Decision
from aixiv.deps import Deps
from aixiv.domain.errors import AixivError, Conflict, Invalid, NotAllowed, NotFound
from aixiv.domain.ids import new_id
from aixiv.domain.paper import Status
from aixiv.domain.people import Actor, Scope
from aixiv.text import Parsed, Unreadable
from aixiv.usecases.decide import Decide, EditorOutcome, decide_held
from aixiv.usecases.submit import Submitted
from tests.fixtures.deps import ScriptedReviewer
from tests.fixtures.people import Role, agent_of, person
from tests.fixtures.works import a_round, moves, row_counts, rows, status, submit, version, work_off

pytestmark = pytest.mark.anyio


@pytest.fixture
async def editor(deps: Deps) -> Actor:
    return await person(deps, "edith", Role.EDITOR)


@pytest.fixture
async def held(deps: Deps, tmp_path: Path, reviewer: ScriptedReviewer) -> Submitted:
    """A version that the screen stopped."""
    reviewer.answers = [a_round("hold", verdict="suspicious")]
    first = await submit(deps, await person(deps), tmp_path)
    await work_off(deps)
    assert await status(deps, first.version_id) is Status.HELD
    return first


@pytest.mark.parametrize(
    ("outcome", "ends"),
    [("accept", ["accepted", "published"]), ("revise", ["revision_requested"]), ("reject", ["rejected"])],
)
async def test_a_decision_moves_the_version_and_stays_on_record(
    deps: Deps, editor: Actor, held: Submitted, outcome: EditorOutcome, ends: list[str]
) -> None:
    await decide_held(deps, editor, held.paper_id, Decide(outcome=outcome, reason=" Looked at it. "))
    await work_off(deps)
    assert await moves(deps, held.version_id) == ["under_review", "held", *ends]
    decisions = [d for d in await rows(deps, Decision) if d.editor_id is not None]  # type: ignore[attr-defined]
    assert [(d.outcome, d.reasons, d.editor_id) for d in decisions] == [  # type: ignore[attr-defined]
        (outcome, ["Looked at it."], editor.user_id)
    ]


async def test_a_released_version_is_reviewed_with_its_screen_waived(
    deps: Deps, editor: Actor, held: Submitted, reviewer: ScriptedReviewer
) -> None:
    reviewer.answers = [a_round("revise")]
    await decide_held(deps, editor, held.paper_id, Decide(outcome="release", reason="A quotation."))
    await work_off(deps)
    assert [request.screening_waived for request in reviewer.requests] == [False, True]
    assert reviewer.requests[0].run_id != reviewer.requests[1].run_id
    stored = await version(deps, held.version_id)
    assert (stored.status, stored.generation, stored.screening_waived) == ("revision_requested", 2, True)


async def test_a_version_whose_run_broke_can_be_released(
    deps: Deps, editor: Actor, tmp_path: Path, reviewer: ScriptedReviewer
) -> None:
    reviewer.answers = [ReviewFailed("broken", retryable=False), a_round("revise")]
    first = await submit(deps, await person(deps), tmp_path)
    await work_off(deps)
    await decide_held(deps, editor, first.paper_id, Decide(outcome="release", reason="Again."))
    await work_off(deps)
    assert await status(deps, first.version_id) is Status.REVISION_REQUESTED


class TestUnreadable:
    """A version whose file could not be read."""

    @pytest.fixture
    def parse(self) -> object:
        async def read(path: Path, name: str) -> Parsed:
            raise Unreadable("no_text", "There is no text.", hint="Send one with text.")

        return read

    @pytest.mark.parametrize("outcome", get_args(EditorOutcome))
    async def test_it_can_be_sent_back_or_rejected_but_not_accepted(
        self, deps: Deps, editor: Actor, tmp_path: Path, outcome: EditorOutcome
    ) -> None:
        first = await submit(deps, await person(deps), tmp_path)
        await work_off(deps)
        command = Decide(outcome=outcome, reason="So.")
        if outcome in ("revise", "reject"):
            await decide_held(deps, editor, first.paper_id, command)
            assert await status(deps, first.version_id) is not Status.HELD
        else:
            with pytest.raises(Conflict) as refusal:
                await decide_held(deps, editor, first.paper_id, command)
            assert refusal.value.code == "unreadable_version"
            assert await status(deps, first.version_id) is Status.HELD


async def test_only_an_editor_without_interest_decides(deps: Deps, editor: Actor, held: Submitted) -> None:
    owner = await person(deps, "zoe", Role.AUTHOR)
    agent, _ = await agent_of(deps, editor, "Editor's agent", Scope.PAPERS_READ)
    for actor in (owner, agent):
        await refused(deps, NotAllowed, actor, held, "accept", "Because.")


async def test_an_editor_does_not_decide_about_their_own_work(
    deps: Deps, tmp_path: Path, reviewer: ScriptedReviewer, editor: Actor
) -> None:
    reviewer.answers = [a_round("hold")]
    own = await submit(deps, editor, tmp_path)
    await work_off(deps)
    await refused(deps, NotAllowed, editor, own, "accept", "Mine is good.")


async def test_what_is_not_held_and_reasons_that_say_nothing_are_refused(
    deps: Deps, editor: Actor, held: Submitted
) -> None:
    for reason in ("", "  ", "x" * 5001, "a\0b"):
        await refused(deps, Invalid, editor, held, "reject", reason)
    await decide_held(deps, editor, held.paper_id, Decide(outcome="reject", reason="Once."))
    await refused(deps, Conflict, editor, held, "accept", "Twice.")
    missing = Submitted(paper_id=new_id(), version_id=new_id(), n=1, status=Status.HELD)
    await refused(deps, NotFound, editor, missing, "accept", "Who?")


async def refused(
    deps: Deps, error: type[AixivError], actor: Actor, work: Submitted, outcome: EditorOutcome, reason: str
) -> None:
    before = row_counts(deps.settings.database_url)
    with pytest.raises(error):
        await decide_held(deps, actor, work.paper_id, Decide(outcome=outcome, reason=reason))
    assert row_counts(deps.settings.database_url) == before
