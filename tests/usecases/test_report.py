"""Reports by people and reviewer agents: the same schema, the same quote check, and no conflict of interest."""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest

from aixiv.db.paper import Paper
from aixiv.db.review import ReportRow
from aixiv.deps import Deps
from aixiv.domain.errors import AixivError, Conflict, Invalid, NotAllowed, NotFound
from aixiv.domain.paper import Author, Status
from aixiv.domain.people import Actor, ActorKind, Scope
from aixiv.usecases.conflicts import ConflictOfInterest, DeclareConflicts, declare_conflicts
from aixiv.usecases.ingest import ingest_version
from aixiv.usecases.report import Weakness, WriteReport, write_report
from aixiv.usecases.submit import Submitted
from aixiv.usecases.withdraw import withdraw_paper
from review.report import Report
from review.rubric import load_rubric
from tests.fixtures.deps import ScriptedReviewer
from tests.fixtures.people import Role, agent_of, person, stored_version
from tests.fixtures.works import TEXT, a_round, row_counts, rows, submit, work_off

pytestmark = pytest.mark.anyio

CRITERIA = [criterion.key for criterion in load_rubric("paper").criteria]
SCORES = dict.fromkeys(CRITERIA, 4.0)


@pytest.fixture
async def referee(deps: Deps) -> Actor:
    return await person(deps, "rita", Role.REVIEWER)


@pytest.fixture
async def published(deps: Deps, tmp_path: Path, reviewer: ScriptedReviewer) -> Submitted:
    reviewer.answers = [a_round("accept")]
    author = Author(name="Carla", kind="human")
    first = await submit(deps, await person(deps), tmp_path, authors=(author,))
    await work_off(deps)
    return first


def written(**changed: Any) -> WriteReport:
    return WriteReport(**{"summary": "Sound.", "scores": SCORES, "overall": 7, "confidence": 3, **changed})


def weakness(quote: str, claim: str = "Too few machines.", **changed: Any) -> Weakness:
    return Weakness(**{"claim": claim, "severity": "major", "criterion": CRITERIA[0], "quote": quote, **changed})


async def test_what_is_quoted_and_is_not_there_is_dropped_and_said(
    deps: Deps, referee: Actor, published: Submitted
) -> None:
    weaknesses = (
        weakness("Writes take  12.5% longer."),
        weakness("Writes take 99% longer.", "An invented number."),
        weakness("", "No place named."),
        weakness("", "No limits.", place="whole paper"),
        weakness("Writes take 12.5% longer.", "Done by Nobody et al. (1999) before."),
    )
    answer = await write_report(deps, referee, published.version_id, written(weaknesses=weaknesses))
    assert len(answer.dropped) == 1
    assert [d.split(" (")[0] for d in answer.demoted] == ["No place named.", "Done by Nobody et al."]
    assert answer.dropped[0].startswith("An invented number.")
    (row,) = await rows(deps, ReportRow, ReportRow.author_id == referee.user_id)
    assert isinstance(row, ReportRow)
    assert (row.id, row.run_id, row.overall) == (answer.report_id, None, 7)
    kept = msgspec.convert(row.body, Report).weaknesses
    assert [(f.claim, f.severity) for f in kept] == [
        ("Too few machines.", "major"),
        ("No place named.", "note"),
        ("No limits.", "major"),
        ("Done by Nobody et al. (1999) before.", "note"),
    ]
    assert kept[0].locator is not None


async def test_a_reviewer_agent_writes_under_its_own_name_for_its_owner(
    deps: Deps, referee: Actor, published: Submitted
) -> None:
    agent, _ = await agent_of(deps, referee, "Critic", Scope.PAPERS_READ, Scope.REVIEWS_WRITE)
    await write_report(deps, agent, published.version_id, written())
    (row,) = await rows(deps, ReportRow, ReportRow.author_id.is_not(None))
    assert isinstance(row, ReportRow)
    assert (row.author_id, row.author_agent_id) == (referee.user_id, agent.agent_id)
    await refused(deps, Conflict, referee, published, written(), "already_reviewed")


async def test_of_two_reports_at_once_one_is_stored(deps: Deps, referee: Actor, published: Submitted) -> None:
    answers = await asyncio.gather(
        *(write_report(deps, referee, published.version_id, written()) for _ in range(3)), return_exceptions=True
    )
    assert sorted(type(a).__name__ for a in answers) == ["Conflict", "Conflict", "ReportWritten"]


async def test_who_has_an_interest_or_no_right_is_refused(deps: Deps, tmp_path: Path, published: Submitted) -> None:
    named = await person(deps, "carla", Role.REVIEWER)
    await refused(deps, NotAllowed, named, published, written(), "conflict_of_interest")
    their_agent, _ = await agent_of(deps, named, "Proxy", Scope.PAPERS_READ, Scope.REVIEWS_WRITE)
    await refused(deps, NotAllowed, their_agent, published, written(), "conflict_of_interest")
    referee = await person(deps, "rita", Role.REVIEWER)
    bearing, _ = await agent_of(deps, referee, "CARLA", Scope.PAPERS_READ, Scope.REVIEWS_WRITE)
    await refused(deps, NotAllowed, bearing, published, written(), "conflict_of_interest")
    reading, _ = await agent_of(deps, referee, "Reader", Scope.PAPERS_READ)
    await refused(deps, NotAllowed, reading, published, written(), "scope_missing")
    await refused(deps, NotAllowed, await person(deps, "sam"), published, written(), "not_allowed")


async def test_whoever_wrote_with_an_author_or_declared_a_conflict_is_refused(
    deps: Deps, tmp_path: Path, published: Submitted
) -> None:
    owner, rita = await person(deps, "olga"), await person(deps, "rita", Role.REVIEWER)
    together = (Author(name="Carla", kind="human"), Author(name="Rita", kind="human"))
    await submit(deps, owner, tmp_path, text=TEXT + "\nMore.\n", authors=together)
    await refused(deps, NotAllowed, rita, published, written(), "conflict_of_interest")
    ralf, ada = await person(deps, "ralf", Role.REVIEWER), await owner_of(deps, published)
    critic, _ = await agent_of(deps, ralf, "Critic", Scope.PAPERS_READ, Scope.REVIEWS_WRITE)
    declared = DeclareConflicts(conflicts=(ConflictOfInterest(name=" CARLA ", reason="Her former student."),))
    assert await declare_conflicts(deps, ralf, declared) == (
        ConflictOfInterest(name="CARLA", reason="Her former student."),
    )
    await refused(deps, NotAllowed, critic, published, written(), "conflict_of_interest")
    await declare_conflicts(deps, ralf, DeclareConflicts(conflicts=()))
    await declare_conflicts(deps, ada, DeclareConflicts(conflicts=(ConflictOfInterest(name="Ralf"),)))
    await refused(deps, NotAllowed, critic, published, written(), "conflict_of_interest")
    await declare_conflicts(deps, ada, DeclareConflicts(conflicts=()))
    await write_report(deps, critic, published.version_id, written())
    with pytest.raises(NotAllowed):
        await declare_conflicts(deps, critic, declared)


async def owner_of(deps: Deps, work: Submitted) -> Actor:
    (paper,) = await rows(deps, Paper, Paper.id == work.paper_id)
    assert isinstance(paper, Paper)
    return Actor(kind=ActorKind.USER, user_id=paper.owner_id, name="Ada", roles=frozenset({Role.AUTHOR}))


async def test_nobody_reviews_their_own_work(deps: Deps, tmp_path: Path, reviewer: ScriptedReviewer) -> None:
    reviewer.answers = [a_round("accept")]
    owner = await person(deps, "ada", Role.REVIEWER, Role.AUTHOR)
    own = await submit(deps, owner, tmp_path)
    await work_off(deps)
    await refused(deps, NotAllowed, owner, own, written())


async def test_what_may_not_be_seen_is_not_found_and_what_is_over_takes_no_review(
    deps: Deps, tmp_path: Path, referee: Actor
) -> None:
    owner = await person(deps)
    first = await submit(deps, owner, tmp_path)
    await ingest_version(deps, first.version_id)
    await refused(deps, NotFound, referee, first, written())
    await withdraw_paper(deps, owner, first.paper_id, "A mistake.")
    editor = await person(deps, "edith", Role.EDITOR)
    await refused(deps, Conflict, editor, first, written(), "not_reviewable")
    unread = await stored_version(deps, owner, Status.UNDER_REVIEW)
    unparsed = Submitted(paper_id=unread, version_id=unread, n=1, status=Status.UNDER_REVIEW)
    await refused(deps, Conflict, referee, unparsed, written(), "not_reviewable")


@pytest.mark.parametrize(
    "wrong",
    [
        {"summary": " "},
        {"summary": "a\0b"},
        {"disclosure": "a\0b"},
        {"scores": {}},
        {"scores": {**SCORES, "beauty": 3.0}},
        {"scores": {**SCORES, CRITERIA[0]: 5.5}},
        {"scores": {**SCORES, CRITERIA[0]: float("nan")}},
        {"overall": 11},
        {"overall": float("nan")},
        {"confidence": 0},
        {"confidence": float("inf")},
        {"weaknesses": (weakness("", criterion="beauty"),)},
        {"weaknesses": (weakness("", place="x"),) * 101},
        {"weaknesses": (weakness("a\0b"),)},
    ],
)
async def test_a_malformed_report_is_refused(
    deps: Deps, referee: Actor, published: Submitted, wrong: dict[str, Any]
) -> None:
    await refused(deps, Invalid, referee, published, written(**wrong))


async def refused(
    deps: Deps, error: type[AixivError], actor: Actor, work: Submitted, command: WriteReport, code: str = ""
) -> None:
    before = row_counts(deps.settings.database_url)
    with pytest.raises(error) as refusal:
        await write_report(deps, actor, work.version_id, command)
    assert row_counts(deps.settings.database_url) == before
    assert not code or refusal.value.code == code
