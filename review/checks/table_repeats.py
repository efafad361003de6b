"""One row printed in two tables: where most of its values agree, the others must."""

import math
import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import combinations

from msgspec import Struct

from review.checks.base import Check, Draft, Examined, nothing
from review.checks.grid import Grid, Record, grid
from review.checks.prose import Number
from review.manuscript import Float, Kind, Manuscript

LEAST_SHARED = 2  # telling values in columns of one name by which a row is recognised
LEAST_UNNAMED = 3  # of a row that carries no label in common
NEAR = 0.011  # of a value: farther apart, numbers of three digits do not round to each other
# What a thing has rather than what was measured: equal in any two tables about it.
_GIVEN = re.compile(
    r"param|flops?|macs?|size|memory|gpu|layer|depth|width|dim|hidden|head|epoch|batch|seed|length|year|count|number"
    r"|samples?|\bn\b|#|learning rate|version",
    re.IGNORECASE,
)


class Line(Struct, frozen=True):
    """Part of a row under one set of column names: in a table that repeats its columns, one group of them."""

    labels: frozenset[str]
    columns: tuple[str, ...]
    values: tuple[Number, ...]  # one for each column
    told: tuple[float, ...]  # the values that tell, and what is near nothing for the others


def examine(manuscript: Manuscript, _kind: Kind) -> Examined:
    """Recognise rows of one table in another, and compare the rest of them."""
    tables = [(f, tuple(_lines(grid(f)))) for f in manuscript.floats if f.kind == "table" and f.rows]
    if len(tables) < 2:
        return nothing("Fewer than two tables whose cells could be read.")
    drafts: list[Draft] = []
    compared = 0
    for (one, first), (other, second) in combinations(tables, 2):
        for line, twin in ((a, b) for a in first for b in second if _close(a, b)):
            shared, differing = _compare(line, twin)
            if not _same(line, twin, len(shared), len(differing)):
                continue
            compared += 1
            drafts += [_draft(one, other, shared, *each) for each in differing]
    if not compared:
        return nothing("No row of one table stands in another one too.")
    return Examined(
        examined=compared,
        summary=f"{compared} rows that stand in two tables compared, {len(drafts)} of their values differ.",
        drafts=tuple(drafts),
    )


def _lines(read: Grid) -> Iterator[Line]:
    for record in read.records:
        labels = frozenset(" ".join(label.lower().split()) for label in record.labels)
        part: dict[str, Number] = {}
        for name, value in _named(read, record):
            if any(_alike(name, known) for known in part):
                yield _line(labels, part)
                part = {}
            part[name] = value
        yield _line(labels, part)


def _line(labels: frozenset[str], part: dict[str, Number]) -> Line:
    told = tuple(float(value.value) if _telling(value) else math.nan for value in part.values())
    return Line(labels, tuple(part), tuple(part.values()), told)


def _named(read: Grid, record: Record) -> Iterator[tuple[str, Number]]:
    for column, value in sorted(record.values.items()):
        name = re.sub(r"\([^)]*\)", " ", read.header[column]) if column < len(read.header) else ""
        words = " ".join(re.findall(r"[^\W_]+", name.lower()))
        if words:
            yield words, value


@lru_cache(maxsize=1 << 16)
def _alike(one: str, other: str) -> bool:
    """Whether two headings name one column: equal from the end, a shortened word for its long form."""
    pairs = list(zip(reversed(one.split()), reversed(other.split()), strict=False))
    return all(min(len(a), len(b)) >= 2 and (a.startswith(b) or b.startswith(a)) for a, b in pairs)


Difference = tuple[str, Number, Number]


def _close(line: Line, twin: Line) -> bool:
    """Whether enough telling values may agree: asked for every pair of rows, it spares most of them `_compare`."""
    near = 0
    for at, there in _matched(line.columns, twin.columns):
        one, other = line.told[at], twin.told[there]
        near += abs(one - other) <= abs(one) * NEAR
    return near >= LEAST_SHARED


def _compare(line: Line, twin: Line) -> tuple[list[str], list[Difference]]:
    """Measured columns in which the lines agree by a telling value, and columns in which they differ."""
    shared: list[str] = []
    differing: list[Difference] = []
    for at, there in _matched(line.columns, twin.columns):
        name, value, other = line.columns[at], line.values[at], twin.values[there]
        if value.agrees(other.value - other.half_unit, other.value + other.half_unit):
            shared += [name] if _telling(value) and _telling(other) else []
        elif _comparable(value, other):
            differing.append((name, value, other))
    return shared, differing


@lru_cache(maxsize=1 << 12)
def _matched(columns: tuple[str, ...], others: tuple[str, ...]) -> tuple[tuple[int, int], ...]:
    """Where measured columns stand in two lines; a name that several columns of the other one bear is left out."""
    found = (
        (at, [there for there, other in enumerate(others) if _alike(name, other)])
        for at, name in enumerate(columns)
        if not _GIVEN.search(name)
    )
    return tuple((at, twins[0]) for at, twins in found if len(twins) == 1)


def _telling(number: Number) -> bool:
    """Three digits or more, and neither nothing nor everything: equal by chance in few rows."""
    digits = f"{abs(number.value):f}".replace(".", "").strip("0")
    return len(f"{abs(number.value):f}".replace(".", "").lstrip("0")) >= 3 and digits not in ("", "1")


def _comparable(one: Number, other: Number) -> bool:
    """Whether two values may be in one unit: a share and its percentage are not told apart from an error."""
    return one.percent == other.percent and not any(
        big.value and abs(abs(small.value) * 100 - abs(big.value)) <= max(big.half_unit, small.half_unit * 100)
        for small, big in ((one, other), (other, one))
    )


def _same(line: Line, twin: Line, shared: int, differing: int) -> bool:
    least = LEAST_SHARED if line.labels & twin.labels else LEAST_UNNAMED
    return shared >= least and shared > differing


def _draft(one: Float, other: Float, shared: list[str], column: str, value: Number, twin: Number) -> Draft:
    return Draft(
        claim=f"{one.label} and {other.label} print one row with the same {' and '.join(shared)}, but {column} is "
        f"{value.value:f} in the one and {twin.value:f} in the other.",
        severity="major",
        criterion="soundness",
        span=(other.start, other.end),
        place=f"{one.label} and {other.label}",
        fix=f"Take both tables from the same output, or say what differs between the rows besides {column}.",
    )


CHECK = Check(
    id="table-repeats",
    title="Rows printed in two tables agree",
    method="Recognises a row of one table in another by two telling values (three digits or more) in measured columns "
    "of one name and a label in common, or by three such values, and compares its other columns, within rounding.",
    limits="Columns are matched by their headings; counts, sizes and settings do not count as agreement. A row that "
    "differs in more columns than it shares is taken for another one.",
    alarm_rate="no finding on five development papers, two of which repeat rows.",
    examine=examine,
)
