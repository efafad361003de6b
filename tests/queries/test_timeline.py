"""What readers are told of a paper's life: every step in words, nobody's identity, no version they may not see."""

from dataclasses import replace
from pathlib import Path

import pytest

from agents.port import FindRelated, LookUp, OnProgress, Progress, ReviewFailed, ReviewRequest, nothing_known
from aixiv.deps import Deps
from aixiv.domain.errors import Unavailable
from aixiv.domain.people import ANONYMOUS, SYSTEM, Actor
from aixiv.queries.papers import PaperCard, find_paper
from aixiv.queries.timeline import TimelineEntry, progress, timeline
from aixiv.usecases.decide import Decide, decide_held
from aixiv.usecases.ingest import ingest_version
from aixiv.usecases.review import review_version
from aixiv.usecases.withdraw import retract_paper
from review.report import Round
from tests.fixtures.deps import ScriptedReviewer
from tests.fixtures.people import Role, person
from tests.fixtures.works import a_round, revise, submit, work_off

pytestmark = pytest.mark.anyio


async def told(deps: Deps, actor: Actor, paper: object, after: int = 0, limit: int = 500) -> list[TimelineEntry]:
    async with deps.database.read() as session:
        card, _ = await find_paper(session, actor, str(paper))
        return list(await timeline(session, card, after=after, limit=limit))


async def test_a_life_is_told_step_by_step_without_names(
    deps: Deps, tmp_path: Path, reviewer: ScriptedReviewer
) -> None:
    reviewer.answers = [a_round("hold", reason="Look at it."), a_round("accept")]
    owner, editor = await person(deps, "ada"), await person(deps, "edith", Role.EDITOR)
    first = await submit(deps, owner, tmp_path)
    await work_off(deps)
    await decide_held(deps, editor, first.paper_id, Decide(outcome="release", reason="A quotation {n}."))
    await work_off(deps)
    await retract_paper(deps, owner, first.paper_id, "Wrong data.")
    entries = await told(deps, ANONYMOUS, first.paper_id)
    assert [(e.actor, e.text) for e in entries if e.tag in ("version:moved", "decision:made", "version:numbered")] == [
        ("platform", "Version 1: submitted → under review."),
        ("platform", "Decision on version 1: hold (by policy)."),
        ("platform", "Version 1: under review → held. Look at it."),
        ("editor", "Decision on version 1: release (by editor). A quotation {n}."),
        ("editor", "Version 1: held → under review. A quotation {n}."),
        ("platform", "Decision on version 1: accept (by policy)."),
        ("platform", "Version 1: under review → accepted. The script says accept."),
        ("platform", "The work received the identifier aixiv:2611.00001."),
        ("platform", "Version 1: accepted → published."),
        ("author or editor", "Version 1: published → retracted. Wrong data."),
    ]
    assert entries[0].actor == entries[1].actor == "author"
    shown = repr(entries)
    assert not [
        secret
        for secret in (str(owner.user_id), str(editor.user_id), "Ada", "Edith", "parsed", "'run'")
        if secret in shown
    ]
    assert [e.seq for e in entries] == sorted({e.seq for e in entries})


async def test_a_revision_under_way_is_told_to_its_owner_only(
    deps: Deps, tmp_path: Path, reviewer: ScriptedReviewer
) -> None:
    reviewer.answers = [a_round("accept"), a_round("revise", reason="A secret weakness.")]
    owner = await person(deps)
    first = await submit(deps, owner, tmp_path)
    await work_off(deps)
    await revise(deps, owner, first.paper_id, tmp_path)
    await work_off(deps)
    await revise(deps, owner, first.paper_id, tmp_path, base=2)
    assert {e.version for e in await told(deps, owner, first.paper_id)} == {None, 1, 2, 3}
    public = await told(deps, ANONYMOUS, first.paper_id)
    assert {e.version for e in public} == {None, 1}
    assert "secret" not in repr(public)


async def test_it_can_be_read_on_from_any_place(deps: Deps, tmp_path: Path, reviewer: ScriptedReviewer) -> None:
    reviewer.answers = [a_round("accept")]
    first = await submit(deps, await person(deps), tmp_path)
    await work_off(deps)
    whole = await told(deps, SYSTEM, first.paper_id)
    read: list[TimelineEntry] = []
    while batch := await told(deps, SYSTEM, first.paper_id, after=read[-1].seq if read else 0, limit=2):
        read += batch
    assert read == whole


async def test_progress_is_shown_while_a_run_is_under_way_and_never_falls(deps: Deps, tmp_path: Path) -> None:
    seen: list[tuple[str, int]] = []

    class Reporting:
        async def forget(self, run_id: str) -> None:
            """Nothing was kept."""

        async def review(
            self,
            request: ReviewRequest,
            *,
            on_progress: OnProgress,
            find_related: FindRelated,
            look_up: LookUp = nothing_known,
        ) -> Round:
            for step, percent in (("screen", 10), ("review", 50), ("late", 30), ("vote", 90)):
                await on_progress(Progress(step=step, message=f"at {step}\0", percent=percent))
                async with deps.database.read() as session:
                    card, _ = await find_paper(session, owner, str(first.paper_id))
                    now = await progress(session, card)
                    assert now is not None
                    seen.append((now.message, now.percent))
            raise ReviewFailed("server away", retryable=True)

    owner = await person(deps)
    first = await submit(deps, owner, tmp_path)
    await ingest_version(deps, first.version_id)
    with pytest.raises(Unavailable):
        await review_version(replace(deps, reviewer=Reporting()), first.version_id)
    assert seen == [("at screen", 10), ("at review", 50), ("at review", 50), ("at vote", 90)]


async def test_no_progress_is_shown_when_nothing_is_under_way(
    deps: Deps, tmp_path: Path, reviewer: ScriptedReviewer
) -> None:
    reviewer.answers = [a_round("revise")]
    owner = await person(deps)
    first = await submit(deps, owner, tmp_path)
    await work_off(deps)
    async with deps.database.read() as session:
        card: PaperCard = (await find_paper(session, owner, str(first.paper_id)))[0]
        assert await progress(session, card) is None
