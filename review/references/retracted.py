"""Reading a list of retractions in the form of Retraction Watch's CSV."""

import csv
import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from review.references.entry import read_name
from review.references.keys import doi_key
from review.references.known import Notice

NEEDED = frozenset({"Title", "OriginalPaperDOI", "RetractionNature"})
NO_DOI = frozenset({"", "unavailable", "0", "n/a"})


class NoRetractionList(ValueError):
    """The file has other columns; the message names those that are missing."""


class Retracted(Struct, frozen=True, kw_only=True):
    """A notice with the number the list gives it."""

    id: str
    notice: Notice


def read_retractions(lines: Iterable[str]) -> Iterator[Retracted]:
    """Notices of a list, in its order; rows without a title are skipped. Raises NoRetractionList."""
    rows = csv.DictReader(lines)
    missing = NEEDED - set(rows.fieldnames or ())
    if missing:
        raise NoRetractionList(f"it lacks the columns {', '.join(sorted(missing))}")
    for number, row in enumerate(rows, start=1):
        title = " ".join((row["Title"] or "").split())
        if not title or (row["RetractionNature"] or "") == "Reinstatement":
            continue
        yield Retracted(
            id=row.get("Record ID") or f"row {number}",
            notice=Notice(
                title=title,
                nature=(row["RetractionNature"] or "Retraction").strip(),
                families=tuple(read_name(a).family for a in (row.get("Author") or "").split(";") if a.strip()),
                doi=_doi(row["OriginalPaperDOI"]),
                reason=_reasons(row.get("Reason") or ""),
                retracted_on=(row.get("RetractionDate") or "").partition(" ")[0],
                notice_doi=_doi(row.get("RetractionDOI")),
            ),
        )


def _doi(value: str | None) -> str:
    key = doi_key(re.sub(r"^https?://(?:dx\.)?doi\.org/", "", (value or "").strip(), flags=re.IGNORECASE))
    return "" if key in NO_DOI else key


def _reasons(text: str) -> str:
    """“+Error in Data;+Investigation by Journal;” in plain words."""
    parts = (" ".join(part.strip(" +").split()) for part in text.split(";"))
    return "; ".join(part for part in parts if part)
