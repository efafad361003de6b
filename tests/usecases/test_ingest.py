"""Reading a submitted file: what becomes of it, and of a file that cannot be read."""

from dataclasses import replace
from pathlib import Path

import pytest

from aixiv.deps import Deps
from aixiv.storage import StorageUnavailable
from aixiv.text import Parsed, Unreadable
from aixiv.usecases.ingest import ingest_version, load_parsed
from aixiv.usecases.withdraw import withdraw_paper
from review.layout import Layout
from review.manuscript import Manuscript
from tests.fixtures.people import person
from tests.fixtures.works import live_jobs, moves, row_counts, submit, version

pytestmark = pytest.mark.anyio


def parsed(title: str = "", abstract: str = "", text: str = "body") -> Parsed:
    return Parsed(manuscript=Manuscript(source="markdown", title=title, abstract=abstract, text=text), layout=Layout())


async def test_a_read_file_is_stored_found_and_handed_to_review(deps: Deps, tmp_path: Path) -> None:
    first = await submit(deps, await person(deps), tmp_path)
    await ingest_version(deps, first.version_id)
    stored = await version(deps, first.version_id)
    assert stored.status == "submitted"
    assert stored.parsed_sha256 is not None
    assert (await load_parsed(deps, stored.parsed_sha256)).manuscript.title == "On the cost of chains"
    assert ("review.run", str(first.version_id)) in live_jobs(deps.settings.database_url)


async def test_what_the_author_said_wins_over_what_the_file_says(deps: Deps, tmp_path: Path) -> None:
    first = await submit(deps, await person(deps), tmp_path, title="Said", abstract="Said too.")
    await ingest_version(deps, first.version_id)
    stored = await version(deps, first.version_id)
    assert (stored.title, stored.abstract) == ("Said", "Said too.")


async def test_a_file_without_a_title_is_called_by_its_name(deps: Deps, tmp_path: Path) -> None:
    async def read(path: Path, name: str) -> Parsed:
        return parsed()

    first = await submit(deps, await person(deps), tmp_path)
    await ingest_version(replace(deps, parse=read), first.version_id)
    assert (await version(deps, first.version_id)).title == "work.md"


async def test_text_a_database_cannot_hold_is_stored_without_it(deps: Deps, tmp_path: Path) -> None:
    async def read(path: Path, name: str) -> Parsed:
        return parsed("A\0 title", "An \0abstract", "te\0xt")

    first = await submit(deps, await person(deps), tmp_path)
    await ingest_version(replace(deps, parse=read), first.version_id)
    stored = await version(deps, first.version_id)
    assert (stored.title, stored.abstract) == ("A title", "An abstract")


async def test_a_file_that_cannot_be_read_is_held_with_the_reason(deps: Deps, tmp_path: Path) -> None:
    async def read(path: Path, name: str) -> Parsed:
        raise Unreadable("encrypted", "The PDF \0is encrypted.", hint="Remove the password.")

    first = await submit(deps, await person(deps), tmp_path)
    await ingest_version(replace(deps, parse=read), first.version_id)
    stored = await version(deps, first.version_id)
    assert stored.status == "held"
    assert stored.status_reason == "The file cannot be read: The PDF is encrypted. Remove the password."
    assert [task for task, _ in live_jobs(deps.settings.database_url)] == ["ingest.run"]


async def test_a_work_withdrawn_while_it_is_read_stays_withdrawn(deps: Deps, tmp_path: Path) -> None:
    owner = await person(deps)
    first = await submit(deps, owner, tmp_path)

    async def read(path: Path, name: str) -> Parsed:
        await withdraw_paper(deps, owner, first.paper_id, "A mistake.")
        return parsed("T")

    await ingest_version(replace(deps, parse=read), first.version_id)
    assert await moves(deps, first.version_id) == ["withdrawn"]
    assert (await version(deps, first.version_id)).parsed_sha256 is None
    assert [task for task, _ in live_jobs(deps.settings.database_url)] == ["ingest.run"]


async def test_an_object_store_that_is_away_changes_nothing(deps: Deps, tmp_path: Path) -> None:
    first = await submit(deps, await person(deps), tmp_path)
    before = row_counts(deps.settings.database_url)
    blobs = deps.blobs
    nowhere = type(blobs)("http://127.0.0.1:9", "k" * 20, "s" * 40, "bucket", "us-east-1")
    with pytest.raises(StorageUnavailable):
        await ingest_version(replace(deps, blobs=nowhere), first.version_id)
    assert row_counts(deps.settings.database_url) == before
    assert (await version(deps, first.version_id)).status == "submitted"
