"""Two numbers that a sentence sets against each other, of which a table prints only one.

"from 4720 to 1343 steps": when 1343 is the cell of a row that the sentence names, 4720 belongs into the same column.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from msgspec import Struct

from review.checks.base import Draft
from review.checks.grid import Grid, Record
from review.checks.prose import Number, Span
from review.manuscript import Float

FARTHEST = 10  # times as large or as small: beyond, the two are hardly in one unit
_TO = re.compile(r"\bto(?: (?:just|only|a mere))?\s*$", re.IGNORECASE)
_MOVES = re.compile(
    r"\b(?:from|reduc\w+|decreas\w+|lower\w*|drop\w*|fell|falls?|increas\w+|rais\w+|ris\w+|rose|improv\w+)\b",
    re.IGNORECASE,
)
_BASELINE = re.compile(r"\bbaseline\b", re.IGNORECASE)


class Named(Struct, frozen=True):
    """A table with the rows of it that a sentence names."""

    table: Float
    read: Grid
    rows: list[Record]


class Half(Struct, frozen=True):
    """A number that no table prints, set against a cell; `meant` is the cell it should be, where only one can be."""

    number: Number
    shown: Number
    table: str
    row: str
    column: str
    meant: Number | None
    span: Span


def halves(text: str, span: Span, stated: Sequence[Number], named: Sequence[Named]) -> Iterator[Half]:
    """Pairs of which one number is a cell of the rows that the sentence names.

    Whether the other one stands in some table is for the caller to ask.
    """
    if not _MOVES.search(text, *span):
        return
    for one, other in pairwise(stated):
        if not _TO.search(text, one.end, other.start) or one.percent or other.percent or not _alike(one, other):
            continue
        for number, shown in ((one, other), (other, one)):
            if found := next(_cells(shown, named), None):
                yield _half(number, shown, found, text, span)
                break


def _cells(shown: Number, named: Sequence[Named]) -> Iterator[tuple[Named, Record, int]]:
    for place in named:
        for row in place.rows:
            yield from ((place, row, c) for c, cell in row.values.items() if cell.value == shown.value)


def _alike(one: Number, other: Number) -> bool:
    ratio = abs(one.value / other.value) if other.value else 0
    return one.decimals == other.decimals and one.value != other.value and 1 < ratio * FARTHEST < FARTHEST**2


def _half(number: Number, shown: Number, found: tuple[Named, Record, int], text: str, span: Span) -> Half:
    place, row, column = found
    others = [r for r in place.rows if r != row and column in r.values]
    if not others and _BASELINE.search(text, *span) and not row.baseline:
        records = place.read.records
        others = [r for r in records if r.baseline and column in r.values and set(r.setting) <= set(row.labels)]
    return Half(
        number,
        shown,
        place.table.label,
        ", ".join(row.labels),
        place.read.header[column] if column < len(place.read.header) else "",
        others[0].values[column] if len(others) == 1 else None,
        span,
    )


def draft(half: Half) -> Draft:
    """Grave where the sentence names the cell that the number should be."""
    beside = f"{half.shown.value:f}, which {half.table} prints for {half.row} ({half.column})"
    if half.meant is not None:
        claim = f"The sentence sets {half.number.value:f} against {beside}, but the table prints {half.meant.value:f} "
        claim += f"in the row it speaks of, and no table prints {half.number.value:f}."
    else:
        claim = f"The sentence sets {half.number.value:f} against {beside}, but no table prints {half.number.value:f}."
    return Draft(
        claim=claim,
        severity="major" if half.meant is not None else "minor",
        criterion="soundness",
        span=half.span,
        fix=f"Make text and {half.table} agree, or show where the number comes from.",
    )
