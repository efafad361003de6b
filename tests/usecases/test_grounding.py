"""What a review knows of other works: cited ones, retracted ones, near ones, and those whose wording it shares."""

import json
import random
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from anyio import to_thread
from sqlalchemy import update

from agents.judges.evidence import EvidenceJudge
from agents.run import GraphReviewer
from aixiv.cli.refs import notices_of, records_of
from aixiv.db.corpus import related_published
from aixiv.db.paper import Paper, Version
from aixiv.deps import Deps
from aixiv.domain.errors import Invalid
from aixiv.domain.ids import new_id
from aixiv.domain.paper import Status
from aixiv.domain.people import Actor, Role
from aixiv.queries.papers import find_paper
from aixiv.queries.reviews import RunCard, runs_of, screening_of
from aixiv.text import Parsed
from aixiv.text.parse import parse_file
from aixiv.usecases.references import import_retractions, import_works
from review.overlap import COMPARED
from review.references.streams import Skipped
from review.report import CheckResult
from tests.fixtures.people import person, stored_version
from tests.fixtures.works import status, submit, version, work_off

pytestmark = pytest.mark.anyio

DUMP = {
    "id": "https://openalex.org/W17",
    "title": "Weighing Pebbles with Tidal Clocks",
    "publication_year": 2019,
    "authorships": [{"author": {"display_name": n}} for n in ("Ottoline Farthing", "Ruprecht Quillen")],
    "primary_location": {"source": {"display_name": "Journal of Tides"}},
}
RETRACTED = """Record ID,Title,Author,RetractionDate,RetractionDOI,OriginalPaperDOI,RetractionNature,Reason
7,Sorting Shells,R Quillen;A Ek,1/15/2021 0:00,10.5555/notice.7,10.5555/shells,Retraction,+Error in Data;
8,Something Else,Bo Ek,2/1/2020 0:00,,unavailable,Expression of concern,
"""
NOUNS = "pebble tide clock weight shell gull wave sand salt moon rope mast keel harbour lamp storm"
REFERENCES = """## References

[1] Ottoline Farthing and Ruprecht Quillen. Weighing pebbles with tidal clocks. Journal of Tides, 2016.

[2] Ruprecht Quillen. Sorting shells by ear. Journal of Shores, 2018. doi:10.5555/shells

[3] Ana Ek. On the colour of herons. Journal of Birds, 2017.
"""


def text(seed: int) -> str:
    """A work of its own wording: 700 words drawn by chance."""
    chance = random.Random(seed)
    body = " ".join(chance.choice(NOUNS.split()) + ("." if n % 12 == 11 else "") for n in range(700))
    return (
        f"# Work {seed} on tides\n\n## Abstract\n\nWe weigh pebbles [1, 2, 3].\n\n## Method\n\n{body}\n\n{REFERENCES}"
    )


@pytest.fixture
def reading(deps: Deps) -> Deps:
    """The platform with the real parser and the real graph."""

    async def parse(path: Path, name: str) -> Parsed:
        return await to_thread.run_sync(
            lambda: parse_file(path, filename=name, max_bytes=10**6, max_pages=10), abandon_on_cancel=True
        )

    return replace(deps, parse=parse, reviewer=GraphReviewer(EvidenceJudge()))


async def seen(deps: Deps, actor: Actor, paper_id: object) -> tuple[RunCard, dict[str, CheckResult]]:
    async with deps.database.read() as session:
        card, _ = await find_paper(session, actor, str(paper_id))
        (run,) = await runs_of(session, actor, card.latest)
        screened = await screening_of(session, card.latest)
    assert screened is not None, run.message
    return run, {check.check: check for check in screened.checks}


async def publish(deps: Deps, version_id: object, number: int) -> None:
    async with deps.database.write() as tx:
        paper_id = (await tx.session.get_one(Version, version_id)).paper_id
        await tx.session.execute(update(Paper).where(Paper.id == paper_id).values(yymm="2611", number=number))
        published = {"status": "published", "published_at": deps.clock()}
        await tx.session.execute(update(Version).where(Version.id == version_id).values(**published))


async def test_a_review_judges_every_reference_and_names_retracted_works(reading: Deps, tmp_path: Path) -> None:
    ada = await person(reading)
    before = await submit(reading, ada, tmp_path, text(1))
    await work_off(reading)
    run, checks = await seen(reading, ada, before.paper_id)
    assert checks["retractions"].status == "cannot_tell"
    assert run.grounding is not None
    assert [r.verdict for r in run.grounding.references] == ["could_not_verify"] * 3
    assert checks["references"].status == "passed"  # what nobody could verify is no finding

    files = {"works.jsonl": json.dumps(DUMP), "retractions.csv": RETRACTED}
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    await import_works(reading.database, records_of(tmp_path / "works.jsonl", Skipped()))
    for _ in range(2):
        assert await import_retractions(reading.database, notices_of(tmp_path / "retractions.csv", Skipped())) == 2
    after = await submit(reading, ada, tmp_path, text(2))
    await work_off(reading)
    run, checks = await seen(reading, ada, after.paper_id)
    assert run.grounding is not None
    judged = run.grounding.references[0]
    assert (judged.verdict, judged.kind) == ("contradicted", "mis_cited")
    (wrong,) = checks["references"].findings
    assert "of 2019, not 2016" in wrong.claim
    assert "invented" not in wrong.claim
    assert wrong.quote.startswith("[1] Ottoline Farthing") or wrong.quote.startswith("Ottoline Farthing")
    (notice,) = checks["retractions"].findings
    for words in ("Reference 2", "2021-01-15", "Error in Data", "10.5555/notice.7"):
        assert words in notice.claim


async def test_a_near_duplicate_is_told_when_published_and_held_without_a_word_when_not(
    reading: Deps, tmp_path: Path
) -> None:
    ada, bob, cyd = await person(reading), await person(reading, "bob"), await person(reading, "cyd")
    edith = await person(reading, "edith", Role.EDITOR)
    first = await submit(reading, ada, tmp_path, text(3), title="A secret of Ada")
    await work_off(reading)
    copied = await submit(reading, bob, tmp_path, text(3) + "\nA line of my own.\n")
    other = await submit(reading, bob, tmp_path, text(4))
    await work_off(reading)
    assert await status(reading, first.version_id) is not Status.HELD  # the earlier of the two goes on
    assert await status(reading, copied.version_id) is Status.HELD
    assert COMPARED in (await version(reading, copied.version_id)).status_reason
    run, checks = await seen(reading, bob, copied.paper_id)
    shown = msgspec.json.encode((run, checks)).decode()
    assert "secret" not in shown
    assert str(first.paper_id) not in shown
    run, _ = await seen(reading, edith, copied.paper_id)
    assert run.grounding is not None
    assert run.grounding.overlaps is not None
    assert [o.paper for o in run.grounding.overlaps] == [str(first.paper_id)]
    _, checks = await seen(reading, bob, other.paper_id)
    assert checks["overlap"].status == "passed"

    await publish(reading, first.version_id, 7)
    third = await submit(reading, cyd, tmp_path, text(3))
    await work_off(reading)
    _, checks = await seen(reading, cyd, third.paper_id)
    (finding,) = checks["overlap"].findings
    assert finding.severity == "major"
    assert "A secret of Ada" in finding.claim
    assert "aixiv:2611.00007" in finding.claim
    assert len(finding.quote) > 100


async def test_related_work_fuses_words_and_meaning_and_is_never_unpublished(deps: Deps) -> None:
    ada = await person(deps)
    titles = ("Tidal clocks and pebbles", "Colour of herons", "Pebbles hidden in a drawer")
    stored = [await stored_version(deps, ada, title=title) for title in titles]
    for number, (version_id, title) in enumerate(zip(stored, titles, strict=True), start=1):
        (vector,) = await deps.embedder.embed([title])
        async with deps.database.write() as tx:
            await tx.session.execute(update(Version).where(Version.id == version_id).values(embedding=vector))
        if number < 3:
            await publish(deps, version_id, number)
    (vector,) = await deps.embedder.embed(["Tidal clocks"])
    async with deps.database.read() as session:
        both = await related_published(session, "tidal clock of a pebble", vector, but=new_id(), limit=5)
        words = await related_published(session, "heron", None, but=new_id(), limit=5)
        nothing = await related_published(session, "zymurgy", None, but=new_id(), limit=5)
    assert [w.title for w in both] == ["Tidal clocks and pebbles"]
    assert both[0].similarity is not None
    assert both[0].similarity > 0.5
    assert [(w.title, w.similarity) for w in words] == [("Colour of herons", None)]
    assert nothing == ()


def test_a_file_that_is_no_list_of_retractions_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(Invalid, match="lacks the columns OriginalPaperDOI"):
        list(notices_of(tmp_path / "other.csv", Skipped()))
