"""A table as records: which row is which method on which data set, and what was measured.

Tables are printed for eyes: group labels stand on lines of their own, sometimes beside the middle of their group,
headers take two lines, and one name heads several columns. A record is one printed row with its labels filled in.
"""

import re
from collections.abc import Iterator
from itertools import combinations, zip_longest

from msgspec import Struct

from review.checks.prose import Number, numbers
from review.manuscript import Float

_BASELINE = re.compile(
    r"\b(?:baselines?|vanilla|control|original|unmodified|default|no (?:augmentation|adapt\w+|method)"
    r"|standard (?:model|gpt))\b",
    re.IGNORECASE,
)


class Record(Struct, frozen=True):
    """One row: its labels from left to right (group first) and its numbers by column."""

    labels: tuple[str, ...]
    values: dict[int, Number]

    @property
    def baseline(self) -> bool:
        """Whether a label says that this row is what others are compared with."""
        return any(_BASELINE.search(label) for label in self.labels)

    @property
    def setting(self) -> tuple[str, ...]:
        """Labels without the baseline's name, for pairing rows of different methods."""
        return tuple(label for label in self.labels if not _BASELINE.search(label))


class Grid(Struct, frozen=True):
    """A table read: column names, and its rows as records."""

    header: tuple[str, ...]
    records: tuple[Record, ...]

    def repeated(self) -> bool:
        """Whether one name heads several columns: the columns belong to groups, such as methods."""
        names = [h.lower() for h in self.header if h]
        return len(set(names)) < len(names)


def grid(table: Float) -> Grid:
    """Read a table's cells; a table without recovered cells gives no records."""
    rows = [tuple(cell.strip() for cell in row) for row in table.rows]
    first = next((i for i, row in enumerate(rows) if _is_data(row)), len(rows))
    while first > 0 and _is_group(rows[first - 1]) and first > 1:
        first -= 1
    header = tuple(" ".join(p for p in parts if p) for parts in zip_longest(*rows[:first], fillvalue=""))
    return Grid(header, tuple(_records(rows[first:])))


def comparable(table: Grid) -> Iterator[tuple[Number, Number]]:
    """Pairs of cells that invite comparison: baseline and other in one column, or one heading printed twice."""
    if table.repeated():
        names = [h.lower() for h in table.header]
        twins = [(i, j) for i, name in enumerate(names) for j in range(i + 1, len(names)) if name and names[j] == name]
        for record in table.records:
            yield from ((record.values[i], record.values[j]) for i, j in twins if {i, j} <= record.values.keys())
    elif any(record.baseline for record in table.records):
        for base, other in against_baseline(table):
            yield from ((base.values[c], other.values[c]) for c in base.values.keys() & other.values.keys())
    else:
        for one, other in combinations(table.records, 2):
            yield from ((one.values[c], other.values[c]) for c in one.values.keys() & other.values.keys())


def against_baseline(table: Grid) -> Iterator[tuple[Record, Record]]:
    """Each baseline row with every row of another method in the same setting."""
    bases = [record for record in table.records if record.baseline]
    for base in bases:
        for other in table.records:
            if not other.baseline and set(base.setting) <= set(other.labels):
                yield base, other


def cell_numbers(table: Float) -> Iterator[Number]:
    """Every number printed in a table, headers included."""
    for row in table.rows:
        for cell in row:
            yield from numbers(cell)


def _records(rows: list[tuple[str, ...]]) -> Iterator[Record]:
    data = [row for row in rows if not _is_group(row)]
    groups = [row[0] for row in rows if _is_group(row)]
    if not groups:
        group_of = [""] * len(data)
    elif _is_group(rows[0]):
        group_of = _preceding(rows)
    elif len(data) % len(groups) == 0:  # labels printed beside the middle of groups of one size
        size = len(data) // len(groups)
        group_of = [groups[i // size] for i in range(len(data))]
    else:
        group_of = [""] * len(data)
    above: list[str] = []
    for row, group in zip(data, group_of, strict=True):
        labels, values = _split(row)
        if not group and labels and not labels[0] and above and above[0]:
            labels[0] = above[0]  # a label printed once for the rows below it
        above = labels
        yield Record(tuple(label for label in (group, *labels) if label), values)


def _split(row: tuple[str, ...]) -> tuple[list[str], dict[int, Number]]:
    """Leading words are labels; the first number of every other cell is its value."""
    labels: list[str] = []
    values: dict[int, Number] = {}
    for column, cell in enumerate(row):
        value = next(numbers(cell), None)
        if value is not None and (column > 0 or not re.search(r"[A-Za-z]{2,}", cell)):
            if len(re.sub(r"[\d.,%±+\-−()\sxe×*]", "", cell)) <= 3:
                values[column] = value
            else:
                labels.append(cell)
        elif not values:
            labels.append(cell)
    return labels, values


def _preceding(rows: list[tuple[str, ...]]) -> list[str]:
    current, groups = "", []
    for row in rows:
        if _is_group(row):
            current = row[0]
        else:
            groups.append(current)
    return groups


def _is_group(row: tuple[str, ...]) -> bool:
    return bool(row and row[0]) and not any(row[1:]) and len(row) > 1


def _is_data(row: tuple[str, ...]) -> bool:
    """A row with numbers in it, not a header that happens to carry one."""
    cells = [cell for cell in row[1:] if cell]
    filled = [cell for cell in cells if re.match(r"^[-−+]?\.?\d", cell)]
    return bool(filled) and len(filled) * 2 >= len(cells)
