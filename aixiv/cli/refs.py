"""Commands of the bibliographic index that references are compared with."""

import asyncio
import codecs
import csv
import gzip
import re
import sys
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from aixiv.cli.acting import opened
from aixiv.db.bibliography import count_works
from aixiv.domain.errors import Invalid
from aixiv.usecases.references import import_retractions, import_works
from review.references.dumps import Record
from review.references.retracted import NoRetractionList, Retracted, read_retractions
from review.references.streams import Skipped, UnknownDump, read_dump

CHUNK = 1 << 18  # bytes read at once
TOLD = 100_000  # works between two lines of progress
SUFFIXES = (".json", ".jsonl", ".xml", ".gz", ".tgz", ".tar")
BROKEN = (EOFError, zlib.error, gzip.BadGzipFile, tarfile.TarError, UnicodeError)


def import_refs(files: list[Path] | None = None, *, retracted: list[Path] | None = None) -> None:
    """Import dumps of OpenAlex works, Crossref or DBLP (XML), plain, .gz or .tar.gz, into the index.

    Parameters
    ----------
    files
        Dumps, or folders of them; each is read as a stream. The same dump twice changes nothing, so that an import
        that broke off is started again.
    retracted
        Lists of retractions, CSV in the form of Retraction Watch.
    """
    dumps, lists = _files(files or []), retracted or []
    if not dumps and not lists:
        raise Invalid("Nothing to import was named.", code="dump", hint="Name dumps, or lists with --retracted.")
    for file in (*dumps, *lists):
        if not file.is_file():
            raise Invalid(f"There is no file {str(file)!r}.", code="dump", hint="Check the path.")

    async def load() -> None:
        async with opened() as parts:
            for file in dumps:
                skipped = Skipped()
                count = await import_works(parts.deps.database, _told(file, records_of(file, skipped)))
                print(f"{file}: {count} works read{_left_out(skipped)}", flush=True)
            for file in lists:
                skipped = Skipped()
                held = await import_retractions(parts.deps.database, notices_of(file, skipped))
                print(f"{file}: {held} notices held{_left_out(skipped)}", flush=True)
            async with parts.deps.database.read() as session:
                counts = await count_works(session)
        print("index: " + (", ".join(f"{count} of {source}" for source, count in sorted(counts.items())) or "empty"))

    asyncio.run(load())


def records_of(file: Path, skipped: Skipped) -> Iterator[Record]:
    """Works of a dump, whichever kind it is; what is none is counted. Raises Invalid for another or a broken file."""
    read = 0
    try:
        for name, stream in _streams(file):
            try:
                for record in read_dump(_text(stream), skipped):
                    yield record
                    read += 1
            except UnknownDump as error:
                if name == file.name:
                    raise Invalid(f"{file} is no bibliographic dump: {error}.", code="dump") from error
                skipped.note(name, str(error))
    except BROKEN as error:
        hint = "Get it again and repeat the import: what is in the index already is kept."
        raise Invalid(f"{file} breaks off after {read} works: {error}.", code="dump", hint=hint) from error


def notices_of(file: Path, skipped: Skipped) -> Iterator[Retracted]:
    """Notices of a list of retractions; rows that are none are counted. Raises Invalid for another file."""
    try:
        for _, stream in _streams(file):
            yield from read_retractions((_decoded(line) for line in stream), skipped.note)
    except (NoRetractionList, csv.Error, *BROKEN) as error:
        raise Invalid(f"{file} is no list of retractions: {error}.", code="dump") from error


def _files(named: list[Path]) -> list[Path]:
    """The files named, and those in the folders named, in the order of their paths."""
    found: list[Path] = []
    for path in named:
        inside = sorted(p for p in path.rglob("*") if p.is_file() and p.suffix in SUFFIXES and p.stem != "manifest")
        if path.is_dir() and not inside:
            raise Invalid(f"There is no dump in {str(path)!r}.", code="dump", hint=f"One of {', '.join(SUFFIXES)}.")
        found += inside if path.is_dir() else [path]
    return found


def _streams(file: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """The dump in a file, or every dump in an archive, unpacked while it is read."""
    with file.open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        whole: IO[bytes] = gzip.GzipFile(fileobj=raw) if packed else raw  # type: ignore[assignment]
        if not re.search(r"\.(?:tar|tar\.gz|tgz)$", file.name):
            yield file.name, whole
            return
        with tarfile.open(fileobj=whole, mode="r|") as archive:
            for member in archive:
                inside = archive.extractfile(member) if member.isfile() else None
                if inside is not None and member.name.endswith(SUFFIXES):
                    again = member.name.endswith(".gz")
                    yield member.name, gzip.GzipFile(fileobj=inside) if again else inside  # type: ignore[misc]


def _text(stream: IO[bytes]) -> Iterator[str]:
    """Text in the encoding that XML declares, else in UTF-8; what is not in it becomes a mark."""
    begin = stream.read(CHUNK)
    declared = re.match(rb"\s*<\?xml[^>]*encoding=[\"']([\w.-]+)[\"']", begin)
    decoder = codecs.getincrementaldecoder(declared[1].decode() if declared else "utf-8")("replace")
    while begin:
        yield decoder.decode(begin)
        begin = stream.read(CHUNK)
    yield decoder.decode(b"", True)


def _decoded(line: bytes) -> str:
    """A line of a list that is in UTF-8 here and in Windows' Latin there."""
    try:
        return line.decode("utf-8-sig")
    except UnicodeDecodeError:
        return line.decode("cp1252", "replace")


def _told(file: Path, records: Iterator[Record]) -> Iterator[Record]:
    for number, record in enumerate(records, start=1):
        yield record
        if number % TOLD == 0:
            print(f"{file}: {number} works so far", file=sys.stderr, flush=True)


def _left_out(skipped: Skipped) -> str:
    if not skipped.count:
        return ""
    more = f"; and {skipped.count - len(skipped.first)} more" if skipped.count > len(skipped.first) else ""
    return f", {skipped.count} left out ({'; '.join(skipped.first)}{more})"
