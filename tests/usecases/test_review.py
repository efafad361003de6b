"""A version under review: each outcome, rounds, what is stored, and results that come too late."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agents.port import ReviewFailed
from aixiv.db.review import BallotRow, ComparisonRow, Decision, ReportRow, Run, ScreeningRow
from aixiv.deps import Deps
from aixiv.domain.errors import Unavailable
from aixiv.domain.paper import Status
from aixiv.queries.events import verify_log
from aixiv.usecases.decide import Decide, decide_held
from aixiv.usecases.ingest import ingest_version
from aixiv.usecases.review import review_version
from aixiv.usecases.withdraw import withdraw_paper
from inference.client import InferenceUnavailable
from review.report import Comparison, Outcome
from tests.fixtures.deps import ScriptedReviewer
from tests.fixtures.people import Role, person
from tests.fixtures.works import (
    a_round,
    finding,
    live_jobs,
    moves,
    revise,
    row_counts,
    rows,
    status,
    submit,
    version,
    work_off,
)

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        ("accept", ["under_review", "accepted", "published"]),
        ("revise", ["under_review", "revision_requested"]),
        ("reject", ["under_review", "rejected"]),
        ("hold", ["under_review", "held"]),
    ],
)
async def test_each_outcome_moves_the_version_and_is_stored_whole(
    deps: Deps, tmp_path: Path, reviewer: ScriptedReviewer, outcome: Outcome, expected: list[str]
) -> None:
    reviewer.answers = [a_round(outcome, weaknesses=(finding(1),), reason="Because \0 so.")]
    first = await submit(deps, await person(deps), tmp_path)
    await work_off(deps)
    assert await moves(deps, first.version_id) == expected
    stored = await version(deps, first.version_id)
    if outcome != "accept":
        assert stored.status_reason == "Because  so."
    assert (stored.title, stored.abstract) == ("On the cost of chains", "We measure what a chain of hashes costs.")
    (run,), (decision,) = await rows(deps, Run), await rows(deps, Decision)
    assert isinstance(run, Run)
    assert isinstance(decision, Decision)
    assert (run.status, run.percent, run.generation, decision.run_id) == ("completed", 100, 1, run.id)
    assert (decision.outcome, decision.reasons) == (outcome, ["Because  so."])
    assert run.outcome is not None
    assert run.outcome["outcome"] == outcome
    counted = [len(await rows(deps, table)) for table in (ReportRow, BallotRow, ScreeningRow, ComparisonRow)]
    assert counted == [3, 5, 1, 0]
    assert live_jobs(deps.settings.database_url) == []


async def test_a_revision_is_compared_with_what_its_predecessor_was_told(
    deps: Deps, tmp_path: Path, reviewer: ScriptedReviewer
) -> None:
    better = Comparison(verdict="better", opinions=(), resolutions=())
    reviewer.answers = [a_round("revise", weaknesses=(finding(1), finding(2))), a_round("accept", comparison=better)]
    owner = await person(deps)
    first = await submit(deps, owner, tmp_path)
    await work_off(deps)
    second = await revise(deps, owner, first.paper_id, tmp_path)
    await work_off(deps)
    asked = reviewer.requests[1]
    assert asked.previous is not None
    assert [f.id for f in asked.previous.findings] == ["methods.1", "methods.2"]
    assert asked.previous.manuscript.text != asked.manuscript.text
    assert asked.response is not None
    (comparison,) = await rows(deps, ComparisonRow)
    assert isinstance(comparison, ComparisonRow)
    assert (comparison.version_id, comparison.base_version_id) == (second.version_id, first.version_id)
    assert [await status(deps, v.version_id) for v in (first, second)] == [Status.SUPERSEDED, Status.PUBLISHED]


async def test_rounds_are_counted_from_the_last_publication(
    deps: Deps, tmp_path: Path, reviewer: ScriptedReviewer
) -> None:
    outcomes: tuple[Outcome, ...] = ("revise", "revise", "accept", "revise", "accept")
    reviewer.answers = [a_round(outcome) for outcome in outcomes]
    owner = await person(deps)
    first = await submit(deps, owner, tmp_path)
    await work_off(deps)
    for base in range(1, len(outcomes)):
        await revise(deps, owner, first.paper_id, tmp_path, base=base)
        await work_off(deps)
    assert [request.round_number for request in reviewer.requests] == [1, 2, 3, 1, 2]


async def test_two_workers_on_one_version_end_in_one_decision(
    deps: Deps, tmp_path: Path, reviewer: ScriptedReviewer
) -> None:
    reviewer.answers = [a_round("revise"), a_round("accept")]
    first = await submit(deps, await person(deps), tmp_path)
    await ingest_version(deps, first.version_id)
    await asyncio.gather(*(review_version(deps, first.version_id) for _ in range(2)))
    assert len({request.run_id for request in reviewer.requests}) == 1
    assert [len(await rows(deps, table)) for table in (Run, Decision, ReportRow, BallotRow)] == [1, 1, 3, 5]


async def test_a_second_ingest_or_review_finds_nothing_to_do(
    deps: Deps, tmp_path: Path, reviewer: ScriptedReviewer
) -> None:
    reviewer.answers = [a_round("revise")]
    first = await submit(deps, await person(deps), tmp_path)
    await work_off(deps)
    before = row_counts(deps.settings.database_url)
    await ingest_version(deps, first.version_id)
    await review_version(deps, first.version_id)
    assert row_counts(deps.settings.database_url) == before


async def test_a_result_for_a_work_that_was_withdrawn_meanwhile_is_dropped(deps: Deps, tmp_path: Path) -> None:
    owner = await person(deps)
    first = await submit(deps, owner, tmp_path)
    await ingest_version(deps, first.version_id)

    async def withdraw() -> None:
        await withdraw_paper(deps, owner, first.paper_id, "A mistake.")

    late = ScriptedReviewer(a_round("accept"), meanwhile=withdraw)
    await review_version(replace(deps, reviewer=late), first.version_id)
    assert await status(deps, first.version_id) is Status.WITHDRAWN
    (run,) = await rows(deps, Run)
    assert isinstance(run, Run)
    assert (run.status, run.finished_at is None) == ("stale", False)
    assert [len(await rows(deps, table)) for table in (Decision, ReportRow, BallotRow)] == [0, 0, 0]


@pytest.mark.parametrize("late", ["result", "failure"])
async def test_what_a_run_says_after_a_newer_one_began_is_dropped(
    deps: Deps, tmp_path: Path, reviewer: ScriptedReviewer, late: str
) -> None:
    editor = await person(deps, "edith", Role.EDITOR)
    first = await submit(deps, await person(deps), tmp_path)
    await ingest_version(deps, first.version_id)
    reviewer.answers = [ReviewFailed("broken", retryable=False)]

    async def fail_and_release() -> None:
        await review_version(deps, first.version_id)
        await decide_held(deps, editor, first.paper_id, Decide(outcome="release", reason="Try again."))
        gone = ScriptedReviewer(ReviewFailed("away", retryable=True))
        with pytest.raises(Unavailable):
            await review_version(replace(deps, reviewer=gone), first.version_id)

    said = a_round("accept") if late == "result" else ReviewFailed("broken too", retryable=False)
    overtaken = ScriptedReviewer(said, meanwhile=fail_and_release)
    await review_version(replace(deps, reviewer=overtaken), first.version_id)
    assert await status(deps, first.version_id) is Status.UNDER_REVIEW
    runs = {run.generation: run.status for run in await rows(deps, Run)}  # type: ignore[attr-defined]
    assert runs == {1: "failed", 2: "running"}
    assert await rows(deps, ReportRow) == []
    reviewer.answers = [a_round("revise")]
    await work_off(deps)
    assert await status(deps, first.version_id) is Status.REVISION_REQUESTED


async def test_a_review_that_cannot_be_finished_is_held_with_the_reason(
    deps: Deps, tmp_path: Path, reviewer: ScriptedReviewer
) -> None:
    reviewer.answers = [ReviewFailed("The judge said \0\ud800 nonsense.", retryable=False)]
    first = await submit(deps, await person(deps), tmp_path)
    await work_off(deps)
    stored = await version(deps, first.version_id)
    assert stored.status == "held"
    assert "could not be finished: The judge said  nonsense." in stored.status_reason
    (run,) = await rows(deps, Run)
    assert isinstance(run, Run)
    assert (run.status, run.message) == ("failed", "The judge said  nonsense.")


async def test_an_interrupted_review_goes_on_as_the_same_run(
    deps: Deps, tmp_path: Path, reviewer: ScriptedReviewer
) -> None:
    reviewer.answers = [ReviewFailed("server away", retryable=True), a_round("revise")]
    first = await submit(deps, await person(deps), tmp_path)
    await ingest_version(deps, first.version_id)
    with pytest.raises(Unavailable) as interrupted:
        await review_version(deps, first.version_id)
    assert interrupted.value.code == "review_interrupted"
    await review_version(deps, first.version_id)
    assert len({request.run_id for request in reviewer.requests}) == 1
    assert await status(deps, first.version_id) is Status.REVISION_REQUESTED


async def test_related_work_is_published_and_never_the_paper_itself(
    deps: Deps, tmp_path: Path, reviewer: ScriptedReviewer
) -> None:
    reviewer.answers = [a_round("accept"), a_round("revise"), a_round("accept"), a_round("accept")]
    owner = await person(deps)
    for title in ("Published", "Unpublished", "Third"):
        last = await submit(deps, owner, tmp_path, title=title)
        await work_off(deps)
    await revise(deps, owner, last.paper_id, tmp_path)
    await work_off(deps)
    assert reviewer.related == [(), ("Published",), ("Published",), ("Published",)]


async def test_without_embeddings_the_review_goes_on(deps: Deps, tmp_path: Path, reviewer: ScriptedReviewer) -> None:
    class Away:
        async def embed(self, texts: Any) -> list[list[float]]:
            raise InferenceUnavailable("down")

    reviewer.answers = [a_round("revise")]
    first = await submit(deps, await person(deps), tmp_path)
    await work_off(replace(deps, embedder=Away()))
    assert await status(deps, first.version_id) is Status.REVISION_REQUESTED


async def test_after_a_busy_run_the_log_is_whole_and_tells_every_step(
    deps: Deps, tmp_path: Path, reviewer: ScriptedReviewer
) -> None:
    owner = await person(deps)
    firsts = await asyncio.gather(*(submit(deps, owner, tmp_path, text=f"# Work {n}\n\nx") for n in range(6)))
    await asyncio.gather(*(ingest_version(deps, first.version_id) for first in firsts))
    reviewer.answers = [a_round(o) for o in ("accept", "revise", "reject", "hold", "accept", "revise")]  # type: ignore[arg-type]
    await asyncio.gather(*(review_version(deps, first.version_id) for first in firsts))
    await work_off(deps)
    async with deps.database.read() as session:
        assert (await verify_log(session)).ok
    for first in firsts:
        assert (await moves(deps, first.version_id))[-1] == await status(deps, first.version_id)
