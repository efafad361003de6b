"""A dry run: who sends it is not kept waiting."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from aixiv.deps import Deps
from aixiv.domain.errors import RateLimited
from aixiv.text import Parsed
from aixiv.usecases import rehearse
from aixiv.usecases.submit import Upload
from tests.fixtures.people import person
from tests.fixtures.works import metadata

pytestmark = pytest.mark.anyio


async def test_a_file_is_read_once_and_no_longer_than_its_sender_waits(
    deps: Deps, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []

    async def endless(path: Path, name: str) -> Parsed:
        opened.append(name)
        await asyncio.sleep(60)
        raise AssertionError("nobody waited for this")

    monkeypatch.setattr(rehearse, "SECONDS", 0.1)
    slow = replace(deps, parse=endless, preflight=endless)  # type: ignore[arg-type]  # neither ends
    upload = Upload(path=tmp_path / "work.md", filename="work.md")
    upload.path.write_text("# A title\n\nWords.\n")
    async with asyncio.timeout(5):
        with pytest.raises(RateLimited):
            await rehearse.rehearse(slow, await person(deps), "paper", upload, metadata())
    assert opened == ["work.md"]
