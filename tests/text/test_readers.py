"""Readers are ready before a file comes, one for each file; they outlive a crash, and end with who owns them."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TypeVar

import psutil
import pytest

from aixiv.text import ParseLimits, ReaderLost, Readers, Unreadable
from review.checks import run_checks
from review.screening import screen
from tests.text import documents as d
from tests.text.conftest import read_path

pytestmark = pytest.mark.anyio
T = TypeVar("T")


@pytest.fixture
async def readers() -> AsyncIterator[Readers]:
    opened = Readers(ParseLimits(), at_once=2)
    await opened.start()
    yield opened
    await opened.close()


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A work that is read in no time."""
    path = tmp_path / "work.md"
    path.write_text("# Pebbles\n\n## Abstract\n\nWe count 40 pebbles and find 5% more than others did.\n" * 3)
    return path


@pytest.fixture
def endless(tmp_path: Path) -> Path:
    """A work whose first byte never comes."""
    path = tmp_path / "endless.md"
    os.mkfifo(path)
    return path


async def test_readers_are_there_before_the_first_file_and_judge_as_a_review_would(
    readers: Readers, work: Path
) -> None:
    (nursery,) = await when(children)
    judged = await readers.judge(work, work.name, "paper")
    parsed = read_path(work)
    assert judged.manuscript == parsed.manuscript
    assert judged.screening == screen(parsed.manuscript, parsed.layout)
    assert judged.results == run_checks(parsed.manuscript, "paper")
    assert children() == [nursery]


LOADED = """
import sys
from pathlib import Path
from aixiv.text import judged, nursery

nursery.load("judging")
before = set(sys.modules)
for path in map(Path, sys.argv[1:]):
    judged.judge_file(path, filename=path.name, max_bytes=10**7, max_pages=9, kind="paper")
assert sys.modules.keys() == before, sys.modules.keys() - before
"""


def test_nothing_is_left_to_load_for_the_first_file(work: Path, tmp_path: Path) -> None:
    pdf = d.paper_pdf(tmp_path / "paper.pdf")
    latex = tmp_path / "paper.tex"
    latex.write_text(d.paper_latex())
    subprocess.run([sys.executable, "-c", LOADED, work, pdf, latex], check=True)


async def test_a_reader_knows_nothing_of_ours_and_reads_one_file(readers: Readers, endless: Path) -> None:
    tasks = [asyncio.create_task(readers.parse(endless, endless.name)) for _ in range(3)]
    first, second = await reading(2)
    await asyncio.sleep(0.1)
    assert len(await reading(2)) == 2, "the third waits its turn"
    assert first.environ().keys().isdisjoint({"HOME", "PYTEST_CURRENT_TEST"})
    assert first.pid != second.pid
    assert {Path(file.path).name for file in first.open_files()} <= {"errors"}
    assert first.num_fds() == 3, "a reader has no way to give orders: its input and output are all it holds"
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert await reading(0) == []


async def test_a_reader_that_is_killed_is_replaced_once(readers: Readers, endless: Path, work: Path) -> None:
    asked = asyncio.create_task(readers.judge(endless, endless.name, "paper"))
    for _ in range(2):
        (reader,) = await reading(1)
        reader.kill()
        await gone(reader)
    with pytest.raises(ReaderLost):
        await asyncio.wait_for(asked, 5)
    assert (await readers.judge(work, work.name, "paper")).manuscript.title == "Pebbles"


async def test_after_a_crash_readers_come_from_another_process(readers: Readers, endless: Path, work: Path) -> None:
    (nursery,) = await when(children)
    asked = asyncio.create_task(readers.parse(endless, endless.name))
    (reader,) = await reading(1)
    reader.send_signal(signal.SIGSEGV)
    with pytest.raises(Unreadable) as caught:
        await asyncio.wait_for(asked, 5)
    assert caught.value.code == "damaged_file"
    assert await readers.parse(work, work.name)
    await gone(nursery)
    assert len(children()) == 1


async def test_readers_come_back_without_being_asked(readers: Readers, endless: Path, work: Path) -> None:
    await readers.parse(work, work.name)
    (first,) = children()
    first.kill()
    await gone(first)
    (second,) = await when(children)
    asked = asyncio.create_task(readers.parse(endless, endless.name))
    (reader,) = await reading(1)
    second.kill()
    await gone(reader)
    (third,) = await when(children)
    assert len({first.pid, second.pid, third.pid}) == 3
    asked.cancel()
    assert await readers.parse(work, work.name)


async def test_a_file_that_was_judged_is_not_read_again_to_be_taken_in(
    readers: Readers, work: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.md"
    other.write_text("# Another\n\nWords.\n")
    await readers.judge(work, work.name, "paper")
    await readers.close()
    assert await readers.look(work, work.name) == "markdown"
    with pytest.raises(ReaderLost):
        await readers.look(other, work.name)


async def test_closing_leaves_no_process(readers: Readers, endless: Path, work: Path) -> None:
    asked = asyncio.create_task(readers.parse(endless, endless.name))
    await reading(1)
    await readers.close()
    assert children() == []
    with pytest.raises(ReaderLost):
        await asked
    with pytest.raises(ReaderLost):
        await readers.parse(work, work.name)


OWNER = """
import asyncio, sys
from pathlib import Path
from aixiv.text import ParseLimits, Readers

async def main():
    await Readers(ParseLimits()).parse(Path(sys.argv[1]), "endless.md")

asyncio.run(main())
"""


async def test_no_reader_outlives_an_owner_that_is_killed(endless: Path) -> None:
    owner = await asyncio.create_subprocess_exec(sys.executable, "-c", OWNER, str(endless))
    (reader,) = await reading(1)
    nursery = reader.parent()
    owner.kill()
    await owner.wait()
    await gone(reader)
    assert nursery is not None
    await gone(nursery)


def children() -> list[psutil.Process]:
    """The processes that this one started and that readers are forked from."""
    return [child for child in psutil.Process().children() if is_ours(child)]


async def reading(many: int) -> list[psutil.Process]:
    """The readers that have begun with their file, when there are so many."""
    found: list[psutil.Process] = []

    def as_many() -> bool:
        found[:] = [child for child in psutil.Process().children(recursive=True) if reads(child)]
        return len(found) == many

    await when(as_many)
    return found


def reads(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return is_ours(process) and "aixiv-parse-" in process.cwd()
    return False


def is_ours(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.status() != psutil.STATUS_ZOMBIE and "aixiv.text.nursery" in process.cmdline()
    return False


async def gone(process: psutil.Process) -> None:
    """Return when this process is no more."""
    await when(lambda: not is_ours(process))


async def when(found: Callable[[], T], seconds: float = 15.0) -> T:
    """What is found, as soon as something is."""
    async with asyncio.timeout(seconds):
        while not (now := found()):  # noqa: ASYNC110 - other processes set no event
            await asyncio.sleep(0.02)
    return now
