"""Commands of the bibliographic index that references are compared with."""

import asyncio
import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from aixiv.cli.acting import opened
from aixiv.db.bibliography import count_works
from aixiv.domain.errors import Invalid
from aixiv.usecases.references import import_retractions, import_works
from review.references.dumps import Record, UnknownDump, detect, read_dblp, read_lines
from review.references.retracted import NoRetractionList, Retracted, read_retractions

CHUNK = 1 << 16  # characters of XML read at once
START = 4096  # characters by which a dump is recognised


def import_refs(files: list[Path] | None = None, *, retracted: list[Path] | None = None) -> None:
    """Import dumps of OpenAlex works, Crossref (both JSON lines) or DBLP (XML), plain or .gz, into the index.

    Parameters
    ----------
    files
        Dumps; each is read as a stream. The same dump twice changes nothing.
    retracted
        Lists of retractions, CSV in the form of Retraction Watch.
    """
    dumps, lists = files or [], retracted or []
    if not dumps and not lists:
        raise Invalid("Nothing to import was named.", code="dump")
    for file in (*dumps, *lists):
        if not file.is_file():
            raise Invalid(f"There is no file {str(file)!r}.", code="dump")

    async def load() -> None:
        async with opened() as parts:
            for file in dumps:
                count = await import_works(parts.deps.database, records_of(file))
                print(f"{file}: {count} works read")
            for file in lists:
                print(f"{file}: {await import_retractions(parts.deps.database, notices_of(file))} notices held")
            async with parts.deps.database.read() as session:
                held = await count_works(session)
        print("index: " + (", ".join(f"{count} of {source}" for source, count in sorted(held.items())) or "empty"))

    asyncio.run(load())


def records_of(file: Path) -> Iterator[Record]:
    """Works of a dump, whichever kind it is. Raises Invalid for another file."""
    with _open(file) as text:
        try:
            form = detect(text.read(START))
        except (UnknownDump, UnicodeDecodeError, gzip.BadGzipFile) as error:
            raise Invalid(f"{file} is no bibliographic dump: {error}.", code="dump") from error
    with _open(file) as text:
        if form == "dblp":
            yield from read_dblp(iter(lambda: text.read(CHUNK), ""))
        else:
            yield from read_lines(text, form)


def notices_of(file: Path) -> Iterator[Retracted]:
    """Notices of a list of retractions. Raises Invalid for another file."""
    with _open(file) as text:
        try:
            yield from read_retractions(text)
        except (NoRetractionList, UnicodeDecodeError) as error:
            raise Invalid(f"{file} is no list of retractions: {error}.", code="dump") from error


def _open(file: Path) -> TextIO:
    if file.suffix == ".gz":
        return gzip.open(file, "rt", encoding="utf-8")
    return file.open(encoding="utf-8")
