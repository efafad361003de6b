"""Totals and averages printed in tables, and spreads of exactly zero."""

import re
from decimal import Decimal

from review.checks.base import Check, Draft, Examined, nothing
from review.checks.grid import Grid, grid
from review.checks.prose import Number
from review.manuscript import Float, Kind, Manuscript

_AVERAGE = re.compile(r"^(?:(?:macro|row|column)[- ])?(?:avg\.?|averages?|mean)$", re.IGNORECASE)
_TOTAL = re.compile(r"^(?:totals?|sum)$", re.IGNORECASE)
# A part of the row above it, which the total counts once.
_PART = re.compile(
    r"^(?:(?:of|among) (?:these|those|them|which|whom)|thereof|incl(?:uding|\.)|[-–—•] ?\w)", re.IGNORECASE
)
_WEIGHED = re.compile(r"\bweigh\w*|\bpooled\b|\bmicro\b", re.IGNORECASE)
_ZERO_SPREAD = re.compile(r"±\s?0\.?0+(?!\.?\d)")


def examine(manuscript: Manuscript, _kind: Kind) -> Examined:
    """Recompute each row called total or average; look for repeated measurements that do not vary at all."""
    tables = [f for f in manuscript.floats if f.kind == "table" and f.rows]
    if not tables:
        return nothing("No table whose cells could be read.")
    drafts: list[Draft] = []
    checked = 0
    for table in tables:
        found, count = _rows(table, grid(table))
        checked += count
        drafts += found
        if any(_ZERO_SPREAD.search(cell) for row in table.rows for cell in row):
            drafts.append(_still(table))
    return Examined(
        examined=len(tables),
        summary=f"{len(tables)} tables read, {checked} totals and averages recomputed.",
        drafts=tuple(drafts),
    )


def _rows(table: Float, read: Grid) -> tuple[list[Draft], int]:
    drafts: list[Draft] = []
    count = 0
    block: list[dict[int, Number]] = []
    for record in read.records:
        label = record.labels[-1] if record.labels else ""
        average, total = bool(_AVERAGE.match(label)), bool(_TOTAL.match(label))
        if not (average or total):
            if not _PART.match(label):
                block.append(record.values)
            continue
        for column, printed in record.values.items():
            parts = [values[column] for values in block if column in values]
            if len(parts) < 2 or len(parts) < len(block):
                continue
            count += 1
            draft = _judge(table, read.header, column, printed, parts, average)
            if draft:
                drafts.append(draft)
        block = []
    return drafts, count


def _judge(
    table: Float, header: tuple[str, ...], column: int, printed: Number, parts: list[Number], average: bool
) -> Draft | None:
    total = sum((p.value for p in parts), Decimal(0))
    slack = sum((p.half_unit for p in parts), Decimal(0))
    if average:
        total, slack = total / len(parts), slack / len(parts)
    if printed.agrees(total - slack, total + slack):
        return None
    values = [p.value for p in parts]
    if average:
        impossible = not min(values) - slack <= printed.value <= max(values) + slack
        if not impossible and _WEIGHED.search(table.caption):
            return None
    else:
        impossible = printed.value < max(values)
    name = header[column] if column < len(header) and header[column] else f"column {column + 1}"
    word = "average" if average else "total"
    rows_give = f"{round(total, printed.decimals):f}"
    claim = f"{table.label} prints {printed.value:f} as the {word} of {name}, but its rows give {rows_give}."
    return Draft(
        claim=claim + (" No weighting can give this value." if impossible and average else ""),
        severity="major" if impossible or not average else "minor",
        criterion="soundness",
        span=(table.start, table.end),
        place=table.label,
        fix=f"Correct the {word}, or say how it is weighted.",
    )


def _still(table: Float) -> Draft:
    return Draft(
        claim=f"{table.label} gives a spread of exactly zero for repeated measurements, which real "
        f"repetitions rarely have.",
        severity="minor",
        criterion="soundness",
        span=(table.start, table.end),
        place=table.label,
        fix="Say how many repetitions there were and why they do not differ (a saturated measure, the same "
        "seed, rounding).",
    )


CHECK = Check(
    id="table-arithmetic",
    title="Totals and averages in tables add up",
    method="Recomputes rows labelled total, sum, average or mean from the rows above them, within the "
    "rounding of every cell, and "
    "reports spreads printed as exactly zero.",
    limits="Averages may be weighted: a mismatch inside the range of the rows is minor. Columns of averages "
    "are not checked.",
    alarm_rate="by arithmetic none for totals; 2 findings on five development papers, both right.",
    examine=examine,
)
