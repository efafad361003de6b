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


class Half(Struct, frozen=True):
    """A number that no table prints, set against a cell; `meant` is the cell it should be, where only one can be."""

    number: Number
    shown: Number
    table: str
    row: str
    column: str
    meant: Number | None
    span: Span


def halves(
    text: str, span: Span, stated: Sequence[Number], named: Sequence[tuple[Float, Grid, list[Record]]]
) -> Iterator[Half]:
    """Pairs of which exactly one number is a cell of the rows that the sentence names (with their tables in `named`).

    Whether the other one stands in some other table is for the caller to ask.
    """
    if not _MOVES.search(text, *span):
        return
    for one, other in pairwise(stated):
        if not _TO.search(text, one.end, other.start) or one.percent or other.percent:
            continue
        for number, shown in ((one, other), (other, one)):
            found = next(_cells(shown, named), None)
            if found and _alike(number, shown):
                table, read, row, column = found
                yield _half(number, shown, table, read, row, column, text[slice(*span)], named, span)
                break


def _cells(
    shown: Number, named: Sequence[tuple[Float, Grid, list[Record]]]
) -> Iterator[tuple[Float, Grid, Record, int]]:
    for table, read, rows in named:
        for row in rows:
            yield from ((table, read, row, c) for c, cell in row.values.items() if cell.value == shown.value)


def _alike(one: Number, other: Number) -> bool:
    ratio = abs(one.value / other.value) if other.value else 0
    return one.decimals == other.decimals and one.value != other.value and 1 < ratio * FARTHEST < FARTHEST**2


def _half(
    number: Number,
    shown: Number,
    table: Float,
    read: Grid,
    row: Record,
    column: int,
    sentence: str,
    named: Sequence[tuple[Float, Grid, list[Record]]],
    span: Span,
) -> Half:
    others = [r for _, g, rows in named if g is read for r in rows if r != row and column in r.values]
    if _BASELINE.search(sentence) and not row.baseline:
        bases = [r for r in read.records if r.baseline and column in r.values and set(r.setting) <= set(row.labels)]
        others = others or bases
    return Half(
        number,
        shown,
        table.label,
        ", ".join(row.labels),
        read.header[column] if column < len(read.header) else "",
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
