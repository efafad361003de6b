"""Values set in bold as the best of their column, held against the other values there."""

import re
from collections.abc import Iterator
from decimal import Decimal

from msgspec import Struct

from review.checks.base import Check, Draft, Examined, nothing, unclear
from review.checks.metrics import Direction, direction_of
from review.checks.prose import numbers
from review.manuscript import Float, Kind, Manuscript

_SAYS_BEST = re.compile(
    r"\bbest\b[^.]{0,60}\bbold|\bbold\w*[^.]{0,60}\b(?:best|highest|lowest|better)\b", re.IGNORECASE
)
# Bold by another rule than the best printed value.
_OTHER_RULE = re.compile(
    r"\bsignifican\w+|\bwithin\b|\bstandard (?:error|deviation)|\bstatistical|\bsecond[- ]best|\bours\b[^.]{0,30}\bbold"
    r"|\bbold\w*[^.]{0,40}\b(?:ours|proposed|default|selected|chosen|indicates? (?!the best|best))",
    re.IGNORECASE,
)
# Rows that are printed for orientation and do not compete.
_APART = re.compile(
    r"\b(?:oracle|upper bound|lower bound|human|skyline|ground truth|ideal|average|avg|mean|total|sum|std|random"
    r"|supervised|full data|delta|improvement|gain|reference)\b|∆|Δ",
    re.IGNORECASE,
)
LEAST_RIGHT = 2  # columns whose bold value is the best, before bold is taken to mean the best


class Column(Struct, frozen=True):
    """A column with one bold value: its name, which way is better, and whether the bold value is the best."""

    name: str
    bold: Decimal
    best: Decimal
    row: str  # label of the row with the best value


def examine(manuscript: Manuscript, _kind: Kind) -> Examined:
    """Compare every bold value with its column, in tables where bold means the best."""
    tables = [f for f in manuscript.floats if f.kind == "table" and f.rows and f.bold]
    if not tables:
        return nothing("No table whose cells could be read sets a value in bold.")
    drafts: list[Draft] = []
    seen = 0
    for table in tables:
        columns = list(_columns(table))
        wrong = [c for c in columns if c.bold != c.best]
        right = len(columns) - len(wrong)
        if _OTHER_RULE.search(table.caption) or not (_SAYS_BEST.search(table.caption) or right >= LEAST_RIGHT):
            continue
        seen += len(columns)
        if len(wrong) <= max(right, 1):
            drafts += [_draft(table, column) for column in wrong]
    if not seen:
        return unclear("Values are set in bold, but nothing says that bold means the best of a column.")
    return Examined(
        examined=seen, summary=f"{seen} bold values compared, {len(drafts)} are not the best.", drafts=tuple(drafts)
    )


def _columns(table: Float) -> Iterator[Column]:
    """Columns of a known better direction in which exactly one competing value is bold, and that one alone."""
    header, *rows = table.rows
    bold = set(table.bold)
    if any((r, 0) in bold for r in range(1, len(table.rows))) or _grouped(table):
        return  # whole rows are set apart, or rows of several groups stand in one column
    for column, name in enumerate(header):
        direction = _direction(name)
        if column == 0 or direction is None:
            continue
        values = [
            (value, row[0], (place, column) in bold)
            for place, row in enumerate(rows, start=1)
            if column < len(row) and not _APART.search(row[0]) and (value := _value(row[column])) is not None
        ]
        marked = [value for value, _, heavy in values if heavy]
        if len(values) < 3 or len(marked) != 1 or sum((r, column) in bold for r in range(1, len(table.rows))) != 1:
            continue
        best, label, _ = (max if direction == "up" else min)(values, key=lambda v: v[0])
        yield Column(" ".join(name.split()), marked[0], best, label)


def _grouped(table: Float) -> bool:
    """Whether rows belong to groups: a label on a line of its own, an empty label, or a label used twice."""
    labels = [row[0].strip().lower() for row in table.rows[1:]]
    alone = any(row[0].strip() and not any(cell.strip() for cell in row[1:]) for row in table.rows[1:])
    second = any(
        len(row) > 1 and row[1].strip() and _value(row[1]) is None and re.search(r"[A-Za-z]{2}", row[1])
        for row in table.rows[1:]
    )
    return alone or second or "" in labels or len(set(labels)) < len(labels)


def _direction(name: str) -> Direction | None:
    if "↑" in name or "↓" in name:
        return None if "↑" in name and "↓" in name else "up" if "↑" in name else "down"
    return direction_of(name)


def _value(cell: str) -> Decimal | None:
    found = next(numbers(cell), None)
    return found.value if found and not re.search(r"[A-Za-z]{3,}", cell) else None


def _draft(table: Float, column: Column) -> Draft:
    return Draft(
        claim=f"{table.label} sets {column.bold:f} in bold under {column.name}, but {column.row} has {column.best:f}, "
        "which is better.",
        severity="major",
        criterion="soundness",
        span=(table.start, table.end),
        place=table.label,
        fix="Mark the best value of the column, or say what bold means.",
    )


CHECK = Check(
    id="best-values",
    title="Values marked as best are the best",
    method="In tables whose caption says that bold is the best, or in which at least two bold values are, compares the "
    "one bold value of every column with the others, by the arrow or the name that tells which way is better.",
    limits="Needs bold as the file gives it and one group of rows; tables that set rows, ties or significant values "
    "in bold are left alone.",
    alarm_rate="none known: no development paper marks a best value.",
    examine=examine,
)
