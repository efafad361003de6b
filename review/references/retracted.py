"""Reading a list of retractions in the form of Retraction Watch's CSV."""

import csv
import re
from collections.abc import Callable, Iterable, Iterator

from msgspec import Struct

from review.references.entry import read_name
from review.references.keys import doi_key
from review.references.known import Notice

NEEDED = frozenset({"Title", "OriginalPaperDOI", "RetractionNature"})
MOST_CHARS = 1 << 20  # of one cell: notes are long
NO_DOI = frozenset({"", "unavailable", "0", "n/a"})


class NoRetractionList(ValueError):
    """The file has other columns; the message names those that are missing."""


class Retracted(Struct, frozen=True, kw_only=True):
    """A notice with the number the list gives it."""

    id: str
    notice: Notice


def read_retractions(lines: Iterable[str], skip: Callable[[str, str], None]) -> Iterator[Retracted]:
    """Notices of a list, in its order; `skip` is told the place of rows without a title, and why. A work that was
    reinstated is under no notice. Raises NoRetractionList."""
    csv.field_size_limit(MOST_CHARS)
    rows = csv.DictReader(line.replace("\0", "") for line in lines)
    missing = NEEDED - {name.strip() for name in rows.fieldnames or () if name}
    if missing:
        raise NoRetractionList(f"it lacks the columns {', '.join(sorted(missing))}")
    rows.fieldnames = [name.strip() for name in rows.fieldnames or ()]
    for number, row in enumerate(rows, start=1):
        title = " ".join((row["Title"] or "").split())
        if not title:
            skip(f"row {number}", "no title")
            continue
        if (row["RetractionNature"] or "").strip() == "Reinstatement":
            continue
        yield Retracted(
            id=row.get("Record ID") or f"row {number}",
            notice=Notice(
                title=title,
                nature=(row["RetractionNature"] or "Retraction").strip(),
                families=tuple(read_name(a).family for a in (row.get("Author") or "").split(";") if a.strip()),
                doi=_doi(row["OriginalPaperDOI"]),
                reason=_reasons(row.get("Reason") or ""),
                retracted_on=_date(row.get("RetractionDate") or ""),
                notice_doi=_doi(row.get("RetractionDOI")),
            ),
        )


def _date(printed: str) -> str:
    """“1/15/2024 0:00”, month first, as 2024-01-15; anything else stays as it is."""
    day = printed.partition(" ")[0]
    parts = re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", day)
    return f"{parts[3]}-{int(parts[1]):02}-{int(parts[2]):02}" if parts else day


def _doi(value: str | None) -> str:
    key = doi_key(re.sub(r"^https?://(?:dx\.)?doi\.org/", "", (value or "").strip(), flags=re.IGNORECASE))
    return "" if key in NO_DOI else key


def _reasons(text: str) -> str:
    """“+Error in Data;+Investigation by Journal;” in plain words."""
    parts = (" ".join(part.strip(" +").split()) for part in text.split(";"))
    return "; ".join(part for part in parts if part)
