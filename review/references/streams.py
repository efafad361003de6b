"""Dumps as streams of text: which kind one is, its records one after another, and what in it could not be read.

A dump of any size is read in the memory of one record. OpenAlex comes as JSON lines, Crossref as JSON lines or as
documents whose `items` hold the records, answers of both APIs as documents too, DBLP as XML.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any, Literal

import msgspec

from review.references.dumps import Record, crossref_record, openalex_record, read_dblp

Format = Literal["openalex", "crossref", "dblp"]
START = 1 << 16  # characters by which a dump is recognised: lists of funders stand before Crossref's DOI
MOST_PENDING = 1 << 26  # characters of one record; a longer one is no record
SHOWN = 5  # places that are named
_DOCUMENT = re.compile(r'\s*(?:\[|\{\s*"(?:items|results|status|meta|message)")')
_LIST = re.compile(r'\s*\[|"(?:items|results)"\s*:\s*\[')
_BETWEEN = re.compile(r"[\s,]*")


class UnknownDump(ValueError):
    """The file is none of the known dumps; the message says what was seen."""


class Skipped(msgspec.Struct):
    """What a reader left out: how much, and where the first of it stood."""

    count: int = 0
    first: list[str] = []

    def note(self, place: str, why: str) -> None:
        """Count one record or line."""
        self.count += 1
        if len(self.first) < SHOWN:
            self.first.append(f"{place}: {why}")


def detect(start: str) -> Format:
    """Which dump a file is, by its first characters. Raises UnknownDump."""
    start = start.removeprefix("\ufeff")
    if re.match(r"\s*(?:<\?xml[^>]*>\s*)?(?:<!DOCTYPE dblp|<dblp)", start):
        return "dblp"
    if re.search(r'"id"\s*:\s*"https://openalex\.org/W', start):
        return "openalex"
    if re.match(r"\s*[\[{]", start) and re.search(r'"DOI"\s*:', start):
        return "crossref"
    raise UnknownDump(f"neither works of OpenAlex or Crossref as JSON nor DBLP's XML; it starts {start[:40]!r}")


def read_dump(chunks: Iterable[str], skipped: Skipped) -> Iterator[Record]:
    """Works of a dump that comes in pieces; what is no work is counted in `skipped`. Raises UnknownDump."""
    rest = iter(chunks)
    start = ""
    for chunk in rest:
        start += chunk
        if len(start) >= START:
            break
    form = detect(start)
    pieces = chain([start.removeprefix("\ufeff")], rest)
    if form == "dblp":
        yield from read_dblp(pieces)
        return
    read = openalex_record if form == "openalex" else crossref_record
    objects = _objects(pieces, skipped) if _DOCUMENT.match(start) else _lines(pieces, skipped)
    for place, raw in objects:
        record = _record(read, raw)
        if isinstance(record, Record):
            yield record
        else:
            skipped.note(place, record)


def _record(read: Callable[[dict[str, Any]], Record | None], raw: object) -> Record | str:
    """The record, or why it is none."""
    if not isinstance(raw, dict):
        return "no JSON object"
    try:
        return read(raw) or "no title or no identifier"
    except (TypeError, AttributeError, LookupError, ValueError):
        return "a field of another form than in the dump's documentation"


def _lines(chunks: Iterable[str], skipped: Skipped) -> Iterator[tuple[str, object]]:
    for number, line in enumerate(_split(chunks), start=1):
        if not line.strip():
            continue
        try:
            yield f"line {number}", msgspec.json.decode(line)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            skipped.note(f"line {number}", "no JSON")


def _split(chunks: Iterable[str]) -> Iterator[str]:
    pending: list[str] = []
    for chunk in chunks:
        first, *others = chunk.split("\n")
        pending.append(first)
        for line in others:
            yield "".join(pending)
            pending = [line]
    yield "".join(pending)


def _objects(chunks: Iterable[str], skipped: Skipped) -> Iterator[tuple[str, object]]:
    """Members of the first list named `items` or `results`, or of a list that is the document."""
    rest = iter(chunks)
    text = ""
    while not (begin := _LIST.search(text)):
        chunk = next(rest, "")
        if not chunk or len(text) > MOST_PENDING:
            raise UnknownDump("a JSON document without a list of items or results")
        text += chunk
    at, number, decoder = begin.end(), 0, json.JSONDecoder()
    while True:
        at = _BETWEEN.match(text, at).end()  # type: ignore[union-attr]
        if text[at : at + 1] == "]":
            return
        try:
            raw, end = decoder.raw_decode(text, at)
        except (json.JSONDecodeError, RecursionError):
            chunk = next(rest, "")
            if not chunk or len(text) - at > MOST_PENDING:
                skipped.note(f"item {number + 1}", "no JSON, or the file breaks off")
                return
            text, at = text[at:] + chunk, 0
            continue
        number, at = number + 1, end
        yield f"item {number}", raw
