"""What is shown of a round: the latest completed run, and no reviewer's identity on a blind track."""

from pathlib import Path

import pytest

from agents.port import ReviewFailed
from aixiv.deps import Deps
from aixiv.domain.people import ANONYMOUS, Actor, Scope
from aixiv.queries.papers import VersionCard, find_paper
from aixiv.queries.reviews import ballots_of, comparison_of, decisions_of, reports_of, runs_of, screening_of
from aixiv.usecases.decide import Decide, decide_held
from aixiv.usecases.publish import publish_version
from aixiv.usecases.report import write_report
from review.report import Comparison
from tests.fixtures.deps import Clock, ScriptedReviewer
from tests.fixtures.people import Role, agent_of, person
from tests.fixtures.works import a_round, finding, revise, submit, work_off
from tests.usecases.test_report import written

pytestmark = pytest.mark.anyio


async def card_of(deps: Deps, actor: Actor, paper: object) -> VersionCard:
    async with deps.database.read() as session:
        return (await find_paper(session, actor, str(paper)))[0].latest


async def reviewers(deps: Deps, actor: Actor, paper: object) -> list[tuple[str, str]]:
    card = await card_of(deps, actor, paper)
    async with deps.database.read() as session:
        return [(report.reviewer, report.by) for report in await reports_of(session, actor, card)]


async def test_nothing_is_shown_before_a_run_has_completed(
    deps: Deps, tmp_path: Path, reviewer: ScriptedReviewer
) -> None:
    reviewer.answers = [ReviewFailed("broken", retryable=False)]
    owner = await person(deps)
    first = await submit(deps, owner, tmp_path)
    await work_off(deps)
    card = await card_of(deps, owner, first.paper_id)
    async with deps.database.read() as session:
        assert await screening_of(session, card) is None
        assert await comparison_of(session, card) is None
        assert (await ballots_of(session, card), await reports_of(session, owner, card)) == ((), ())
        (run,) = await runs_of(session, owner, card)
    assert (run.status, run.message, run.recommendation) == ("failed", "broken", None)


async def test_only_the_latest_completed_run_counts(
    deps: Deps, tmp_path: Path, reviewer: ScriptedReviewer, clock: Clock
) -> None:
    reviewer.answers = [a_round("hold", verdict="suspicious"), a_round("revise", weaknesses=(finding(1),))]
    owner, editor = await person(deps), await person(deps, "edith", Role.EDITOR)
    first = await submit(deps, owner, tmp_path)
    await work_off(deps)
    card = await card_of(deps, owner, first.paper_id)
    async with deps.database.read() as session:
        screened = await screening_of(session, card)
        assert screened is not None
        assert (screened.screening.verdict, await reports_of(session, owner, card)) == ("suspicious", ())
    await decide_held(deps, editor, first.paper_id, Decide(outcome="release", reason="A quotation."))
    await work_off(deps)
    async with deps.database.read() as session:
        screened = await screening_of(session, card)
        assert screened is not None
        assert screened.screening.verdict == "clear"
        reports = await reports_of(session, owner, card)
        assert [r.reviewer for r in reports] == ["evidence", "methods", "clarity"]
        assert [f.id for f in reports[0].report.weaknesses] == ["methods.1"]
        assert len(await ballots_of(session, card)) == 5
        assert [run.generation for run in await runs_of(session, owner, card)] == [2, 1]
        assert [d.outcome for d in await decisions_of(session, card)] == ["hold", "release", "revise"]


async def test_a_comparison_is_shown_with_the_revision(deps: Deps, tmp_path: Path, reviewer: ScriptedReviewer) -> None:
    better = Comparison(verdict="better", opinions=(), resolutions=(), summary="Clearer.")
    reviewer.answers = [a_round("revise"), a_round("accept", comparison=better)]
    owner = await person(deps)
    first = await submit(deps, owner, tmp_path)
    await work_off(deps)
    await revise(deps, owner, first.paper_id, tmp_path)
    await work_off(deps)
    card = await card_of(deps, ANONYMOUS, first.paper_id)
    async with deps.database.read() as session:
        assert await comparison_of(session, card) == better


@pytest.mark.parametrize("track", ["standard", "editorial"])
async def test_on_a_blind_track_only_editors_and_the_reviewer_learn_who_it_was(
    deps: Deps, tmp_path: Path, reviewer: ScriptedReviewer, track: str
) -> None:
    reviewer.answers = [a_round("accept")]
    owner, editor = await person(deps), await person(deps, "edith", Role.EDITOR)
    rita, ralf = await person(deps, "rita", Role.REVIEWER), await person(deps, "ralf", Role.REVIEWER)
    first = await submit(deps, owner, tmp_path, track=track)
    await work_off(deps)
    if track == "editorial":
        await publish_version(deps, owner, first.version_id)
    critic, _ = await agent_of(deps, ralf, "Critic", Scope.PAPERS_READ, Scope.REVIEWS_WRITE)
    for writer in (rita, critic):
        await write_report(deps, writer, first.version_id, written())
    panel = [("evidence", "panel"), ("methods", "panel"), ("clarity", "panel")]
    known = [("Critic", "agent"), ("Rita", "person")]
    hidden = [("Anonymous reviewer", "reviewer")] * 2
    for actor in (ANONYMOUS, owner):
        shown = await reviewers(deps, actor, first.paper_id)
        assert shown[:3] == panel
        assert sorted(shown[3:]) == (known if track == "standard" else hidden)
    assert sorted((await reviewers(deps, editor, first.paper_id))[3:]) == known
    expected = known if track == "standard" else [hidden[0], known[1]]
    assert sorted((await reviewers(deps, rita, first.paper_id))[3:]) == sorted(expected)


@pytest.mark.parametrize(("track", "name"), [("standard", "editor Edith"), ("editorial", "an editor")])
async def test_an_editor_s_name_stays_out_of_a_blind_track(
    deps: Deps, tmp_path: Path, reviewer: ScriptedReviewer, track: str, name: str
) -> None:
    reviewer.answers = [a_round("hold")]
    owner, editor = await person(deps), await person(deps, "edith", Role.EDITOR)
    first = await submit(deps, owner, tmp_path, track=track)
    await work_off(deps)
    await decide_held(deps, editor, first.paper_id, Decide(outcome="revise", reason="Say more."))
    card = await card_of(deps, owner, first.paper_id)
    async with deps.database.read() as session:
        decisions = await decisions_of(session, card)
    assert [(d.by, d.outcome, d.reasons) for d in decisions] == [
        ("policy", "hold", ("The script says hold.",)),
        (name, "revise", ("Say more.",)),
    ]
