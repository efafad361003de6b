"""A dry run: who sends it is not kept waiting."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from aixiv.deps import Deps
from aixiv.domain.errors import RateLimited, Unavailable
from aixiv.text import Judged, ReaderLost
from aixiv.usecases import rehearse
from aixiv.usecases.submit import Upload
from review.manuscript import Kind
from tests.fixtures.people import person
from tests.fixtures.works import metadata

pytestmark = pytest.mark.anyio


async def test_a_file_is_read_once_and_no_longer_than_its_sender_waits(
    deps: Deps, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []

    async def endless(path: Path, name: str, kind: Kind = "paper") -> Judged:
        opened.append(name)
        await asyncio.sleep(60)
        raise AssertionError("nobody waited for this")

    monkeypatch.setattr(rehearse, "SECONDS", 0.1)
    slow = replace(deps, judge=endless, parse=endless, preflight=endless)  # type: ignore[arg-type]  # none ends
    upload = written(tmp_path)
    async with asyncio.timeout(5):
        with pytest.raises(RateLimited):
            await rehearse.rehearse(slow, await person(deps), "paper", upload, metadata())
    assert opened == ["work.md"]


async def test_a_reader_that_dies_is_told_as_a_fault_of_the_platform(deps: Deps, tmp_path: Path) -> None:
    async def lost(path: Path, name: str, kind: Kind) -> Judged:
        raise ReaderLost("killed by somebody")

    with pytest.raises(Unavailable) as caught:
        await rehearse.rehearse(replace(deps, judge=lost), await person(deps), "paper", written(tmp_path), metadata())
    assert "fault of the platform" in caught.value.message


def written(folder: Path) -> Upload:
    upload = Upload(path=folder / "work.md", filename="work.md")
    upload.path.write_text("# A title\n\nWords.\n")
    return upload
