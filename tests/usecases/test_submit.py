"""Submitting works and versions: what is stored, what is refused, and that a refusal stores nothing."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from aixiv.db.paper import Artifact, Paper, VersionAuthor
from aixiv.deps import Deps
from aixiv.domain.errors import AixivError, Conflict, IdempotencyConflict, Invalid, StaleBase, TooLarge, UnreadableFile
from aixiv.domain.paper import Author, Status
from aixiv.domain.people import Scope
from aixiv.usecases.submit import Upload, submit_paper
from aixiv.usecases.withdraw import withdraw_paper
from review.report import CheckResult, ResponseLetter
from tests.fixtures.deps import ScriptedReviewer
from tests.fixtures.people import agent_of, person, stored_version
from tests.fixtures.works import (
    a_round,
    finding,
    live_jobs,
    metadata,
    moves,
    revise,
    row_counts,
    rows,
    status,
    submit,
    upload,
    version,
    work_off,
)

pytestmark = pytest.mark.anyio

NUL = "a\0b"
WRONG_METADATA: list[tuple[dict[str, Any], str]] = [
    ({"authors": ()}, "authors_missing"),
    ({"authors": (Author(name="Model", kind="ai"),)}, "ai_author_incomplete"),
    ({"authors": (Author(name=NUL, kind="human"),)}, "author_name"),
    ({"authors": (Author(name="Ada", kind="human", affiliation=NUL),)}, ""),
    ({"authors": (Author(name="M", kind="ai", model=NUL, operator="Lab"),)}, ""),
    ({"categories": ()}, "categories"),
    ({"categories": ("Alchemy",)}, "category"),
    ({"licence": "mine"}, "licence"),
    ({"track": "fast lane"}, "track_unknown"),
    ({"title": "x" * 301}, "title"),
    ({"title": NUL}, "title"),
    ({"abstract": "x" * 10_001}, "abstract"),
    ({"keywords": ("",)}, "keyword"),
    ({"keywords": (NUL,)}, "keyword"),
]


async def test_a_submission_is_rows_event_and_job_together(deps: Deps, tmp_path: Path) -> None:
    agent, _ = await agent_of(deps, await person(deps))
    done = await submit(deps, agent, tmp_path, kind="proposal", title="Mine", keywords=("chains",))
    stored = await version(deps, done.version_id)
    assert (stored.n, stored.status, stored.title, stored.keywords) == (1, "submitted", "Mine", ["chains"])
    assert stored.submitted_by == agent.label
    (paper,) = await rows(deps, Paper)
    assert isinstance(paper, Paper)
    assert (paper.kind, paper.owner_id, paper.agent_id, paper.number) == (
        "proposal",
        agent.user_id,
        agent.agent_id,
        None,
    )
    assert await deps.blobs.get_bytes(stored.file_sha256, 10_000) == (tmp_path / "received-0").read_bytes()
    assert [author.name for author in await rows(deps, VersionAuthor)] == ["Prospector"]  # type: ignore[attr-defined]
    assert live_jobs(deps.settings.database_url) == [("ingest.run", str(done.version_id))]


async def test_when_the_transaction_fails_there_is_neither_row_nor_job(deps: Deps, tmp_path: Path) -> None:
    owner = await person(deps)
    before = row_counts(deps.settings.database_url)
    record = deps.database.write

    class Failing:
        read = deps.database.read

        def write(self) -> Any:
            return _fails_at_the_end(record())

    with pytest.raises(RuntimeError, match="at the very end"):
        await submit(_with(deps, Failing()), owner, tmp_path)
    assert row_counts(deps.settings.database_url) == before


@pytest.mark.parametrize(("wrong", "code"), WRONG_METADATA)
async def test_wrong_metadata_is_named_and_stores_nothing(
    deps: Deps, tmp_path: Path, wrong: dict[str, Any], code: str
) -> None:
    owner = await person(deps)
    await refused(deps, Invalid, lambda: submit(deps, owner, tmp_path, **wrong), code)


@pytest.mark.parametrize("wrong", [{"summary": NUL}, {"summary": "x" * 10_001}, {"title": NUL}, {"keywords": (NUL,)}])
async def test_wrong_words_of_a_revision_store_nothing(deps: Deps, tmp_path: Path, wrong: dict[str, Any]) -> None:
    owner = await person(deps)
    first = await version(deps, await stored_version(deps, owner, Status.REVISION_REQUESTED))
    await refused(deps, Invalid, lambda: revise(deps, owner, first.paper_id, tmp_path, **wrong))


@pytest.mark.parametrize(
    "letter", [ResponseLetter(text=NUL), ResponseLetter(answers={"a": NUL}), ResponseLetter(answers={NUL: "a"})]
)
async def test_a_letter_that_cannot_be_stored_stores_nothing(deps: Deps, tmp_path: Path, letter: Any) -> None:
    owner = await person(deps)
    first = await version(deps, await stored_version(deps, owner, Status.REVISION_REQUESTED))
    await refused(deps, Invalid, lambda: revise(deps, owner, first.paper_id, tmp_path, response_letter=letter))


async def test_wrong_files_store_nothing(deps: Deps, tmp_path: Path) -> None:
    owner = await person(deps)
    small = deps.settings.model_copy(update={"max_upload_bytes": 10})
    files: list[tuple[Upload, type[AixivError], Deps]] = [
        (upload(tmp_path), TooLarge, _with(deps, settings=small)),
        (upload(tmp_path, ""), UnreadableFile, deps),
        (upload(tmp_path, "\x89PNG\r\n\x1a\n\0\0", "picture.pdf"), UnreadableFile, deps),
        (upload(tmp_path, name=" "), Invalid, deps),
        (upload(tmp_path, name="a\0b.md"), Invalid, deps),
        (upload(tmp_path, name="x" * 256), Invalid, deps),
    ]
    for file, error, given in files:
        await refused(deps, error, lambda file=file, given=given: submit_paper(given, owner, metadata(), file))


async def test_the_daily_limit_is_refused_with_the_time_to_wait(deps: Deps, tmp_path: Path) -> None:
    few = _with(deps, settings=deps.settings.model_copy(update={"submissions_per_day": 1}))
    owner = await person(deps)
    await submit(few, owner, tmp_path)
    error = await refused(deps, AixivError, lambda: submit(few, owner, tmp_path), "rate_limited")
    assert 0 < error.retry_after <= timedelta(days=1).total_seconds()  # type: ignore[attr-defined]


async def test_a_repeated_key_answers_the_same_and_other_content_is_refused(deps: Deps, tmp_path: Path) -> None:
    owner = await person(deps)
    answers = await asyncio.gather(
        *(submit_paper(deps, owner, metadata(), upload(tmp_path, name="a.md"), key="k") for _ in range(4))
    )
    assert len({a.version_id for a in answers}) == 1
    await refused(
        deps, IdempotencyConflict, lambda: submit_paper(deps, owner, metadata(title="x"), upload(tmp_path), key="k")
    )
    assert row_counts(deps.settings.database_url)["papers"] == 1


async def test_a_revision_keeps_what_it_does_not_change(deps: Deps, tmp_path: Path, reviewer: ScriptedReviewer) -> None:
    reviewer.answers = [a_round("revise", weaknesses=(finding(1),))]
    owner = await person(deps)
    first = await submit(deps, owner, tmp_path, title="First", keywords=("chains",))
    await work_off(deps)
    letter = ResponseLetter(text="Done.", answers={"methods.1": "Said so."})
    second = await revise(
        deps, owner, first.paper_id, tmp_path, title="Second", summary="Clearer.", response_letter=letter
    )
    assert await moves(deps, first.version_id) == ["under_review", "revision_requested", "superseded"]
    stored = await version(deps, second.version_id)
    assert (stored.n, stored.base_version, stored.title, stored.summary) == (2, 1, "Second", "Clearer.")
    assert (stored.keywords, stored.response_letter) == (
        ["chains"],
        {"text": "Done.", "answers": {"methods.1": "Said so."}},
    )
    assert len(await rows(deps, VersionAuthor)) == 2
    assert live_jobs(deps.settings.database_url) == [("ingest.run", str(second.version_id))]


async def test_an_answer_to_a_finding_that_is_not_there_is_refused(
    deps: Deps, tmp_path: Path, reviewer: ScriptedReviewer
) -> None:
    check = CheckResult(
        check="counts", title="", status="found", summary="", findings=(structs.replace(finding(7), id="counts.7"),)
    )
    reviewer.answers = [structs.replace(a_round("revise", weaknesses=(finding(1), finding(2))), checks=(check,))]
    owner = await person(deps)
    first = await submit(deps, owner, tmp_path)
    await work_off(deps)
    wrong = ResponseLetter(answers={"methods.1": "Said so.", "methods.3": "And so."})
    refusal = await refused(
        deps,
        Invalid,
        lambda: revise(deps, owner, first.paper_id, tmp_path, response_letter=wrong),
        "finding_unknown",
    )
    assert "version 1 has no finding methods.3." in refusal.message
    assert "Its reports have methods.1, methods.2;" in refusal.hint
    right = ResponseLetter(answers={"methods.2": "Said so.", "counts.7": "Counted again."})
    assert (await revise(deps, owner, first.paper_id, tmp_path, response_letter=right)).n == 2


async def test_a_revision_on_a_stale_base_is_refused(deps: Deps, tmp_path: Path, reviewer: ScriptedReviewer) -> None:
    reviewer.answers = [a_round("revise"), a_round("revise")]
    owner = await person(deps)
    first = await submit(deps, owner, tmp_path)
    await work_off(deps)
    await revise(deps, owner, first.paper_id, tmp_path)
    await work_off(deps)
    await refused(deps, StaleBase, lambda: revise(deps, owner, first.paper_id, tmp_path, base=1, text="# Newer\n\nx"))


async def test_of_two_revisions_at_once_one_is_stale(deps: Deps, tmp_path: Path, reviewer: ScriptedReviewer) -> None:
    reviewer.answers = [a_round("revise")]
    owner = await person(deps)
    first = await submit(deps, owner, tmp_path)
    await work_off(deps)
    outcomes = await asyncio.gather(
        *(revise(deps, owner, first.paper_id, tmp_path, text=f"# Newer {n}\n\nx") for n in range(2)),
        return_exceptions=True,
    )
    assert sorted(type(o).__name__ for o in outcomes) == ["StaleBase", "Submitted"]


async def test_the_same_file_again_is_no_revision(deps: Deps, tmp_path: Path, reviewer: ScriptedReviewer) -> None:
    reviewer.answers = [a_round("revise")]
    owner = await person(deps)
    first = await submit(deps, owner, tmp_path, text="# Same\n\nx")
    await work_off(deps)
    same = lambda: revise(deps, owner, first.paper_id, tmp_path, text="# Same\n\nx")  # noqa: E731
    await refused(deps, Conflict, same, "unchanged_file")
    assert await status(deps, first.version_id) is Status.REVISION_REQUESTED


@pytest.mark.parametrize("outcome", ["", "hold", "reject"])
async def test_a_version_that_waits_or_is_rejected_takes_no_revision(
    deps: Deps, tmp_path: Path, reviewer: ScriptedReviewer, outcome: Any
) -> None:
    owner = await person(deps)
    first = await submit(deps, owner, tmp_path)
    if outcome:
        reviewer.answers = [a_round(outcome)]
        await work_off(deps)
    await refused(deps, Conflict, lambda: revise(deps, owner, first.paper_id, tmp_path), "not_revisable")


@pytest.mark.parametrize("end", ["reject", "withdraw"])
async def test_a_published_work_can_be_revised_after_a_revision_came_to_nothing(
    deps: Deps, tmp_path: Path, reviewer: ScriptedReviewer, end: str
) -> None:
    reviewer.answers = [a_round("accept"), a_round("reject"), a_round("accept")]
    owner = await person(deps)
    first = await submit(deps, owner, tmp_path)
    await work_off(deps)
    second = await revise(deps, owner, first.paper_id, tmp_path)
    if end == "reject":
        await work_off(deps)
    else:
        await withdraw_paper(deps, owner, first.paper_id, "A mistake.")
        reviewer.answers.pop(0)
    third = await revise(deps, owner, first.paper_id, tmp_path, base=1, text="# Another\n\ntry")
    await work_off(deps)
    stored = await version(deps, third.version_id)
    assert (stored.n, stored.base_version, stored.status) == (3, 1, "published")
    assert await status(deps, first.version_id) is Status.SUPERSEDED
    assert await status(deps, second.version_id) is (Status.REJECTED if end == "reject" else Status.WITHDRAWN)


async def test_who_may_not_submit_stores_nothing(deps: Deps, tmp_path: Path) -> None:
    owner = await person(deps)
    reading, _ = await agent_of(deps, owner, "Reader", Scope.PAPERS_READ)
    first = await submit(deps, owner, tmp_path)
    stranger = await person(deps, "eve")
    await refused(deps, AixivError, lambda: submit(deps, reading, tmp_path), "scope_missing")
    await refused(deps, AixivError, lambda: revise(deps, stranger, first.paper_id, tmp_path), "not_allowed")


async def test_the_same_file_of_two_people_is_stored_once(deps: Deps, tmp_path: Path) -> None:
    for name in ("ada", "ben"):
        await submit(deps, await person(deps, name), tmp_path)
    assert len(await rows(deps, Artifact)) == 1


async def refused(deps: Deps, error: type[AixivError], act: Any, code: str = "") -> AixivError:
    """The refusal of `act`, after which every table has as many rows as before."""
    before = row_counts(deps.settings.database_url)
    with pytest.raises(error) as refusal:
        await act()
    assert row_counts(deps.settings.database_url) == before
    if code:
        assert refusal.value.code.startswith(code)
    return refusal.value


def _with(deps: Deps, database: Any = None, settings: Any = None) -> Deps:
    return replace(deps, database=database or deps.database, settings=settings or deps.settings)


def _fails_at_the_end(transaction: Any) -> Any:
    @asynccontextmanager
    async def failing() -> Any:
        async with transaction as tx:
            yield tx
            raise RuntimeError("at the very end")

    return failing()
