"""Commands of the bibliographic index that references are compared with."""

import asyncio
import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from aixiv.cli.acting import opened
from aixiv.domain.errors import Invalid
from aixiv.queries.references import count_works
from aixiv.usecases.references import import_works
from review.references.dumps import Record, UnknownDump, detect, read_dblp, read_lines

CHUNK = 1 << 16  # characters of XML read at once
START = 4096  # characters by which a dump is recognised


def import_refs(files: list[Path]) -> None:
    """Import dumps of OpenAlex works, Crossref (both JSON lines) or DBLP (XML), plain or .gz, into the index.

    Parameters
    ----------
    files
        Dumps; each is read as a stream. The same dump twice changes nothing.
    """
    for file in files:
        if not file.is_file():
            raise Invalid(f"There is no file {str(file)!r}.", code="dump")

    async def load() -> None:
        async with opened() as parts:
            for file in files:
                count = await import_works(parts.deps.database, records_of(file))
                print(f"{file}: {count} works read")
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


def _open(file: Path) -> TextIO:
    if file.suffix == ".gz":
        return gzip.open(file, "rt", encoding="utf-8")
    return file.open(encoding="utf-8")
