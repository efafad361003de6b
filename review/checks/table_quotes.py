"""Whether the values that the text gives for rows of its tables stand in a table at all.

One value that no table prints may come from a run that is not shown. When nearly all of them stand nowhere, text and
tables do not belong together.
"""

import re
from collections.abc import Sequence

from msgspec import Struct

from review.checks.base import Draft
from review.checks.grid import Grid
from review.checks.prose import Number, Span
from review.checks.table_claims import names_metric
from review.manuscript import Float, Manuscript

LEAST_QUOTED = 4  # values; of fewer, a few that are not shown say little
MOST_STANDING = 0.25  # share of them that a table prints, up to which text and tables do not belong together
FARTHEST = 20  # times as large or as small as a cell: beyond, the number measures something else
_REPORTS = re.compile(
    r"setup|set-up|method|implementation|data|related|background|preliminar|settings?|hyper", re.IGNORECASE
)


class Named(Struct, frozen=True):
    """A value in a sentence that names a row and a column of a table with values of its kind."""

    number: Number
    span: Span
    label: str  # of the table
    stands: bool  # whether some table prints it


def named_table(
    around: Sequence[str], number: Number, tables: Sequence[tuple[Float, Grid]], rows_named: Sequence[bool]
) -> str:
    """Label of a table of which the sentence names a row, and the text around it a column of such values."""
    for (table, read), named in zip(tables, rows_named, strict=True):
        columns = {c for r in read.records for c, cell in r.values.items() if _of_its_kind(number, cell)}
        if named and any(
            c < len(read.header) and any(names_metric(read.header[c], text) for text in around) for c in columns
        ):
            return table.label
    return ""


def reports(manuscript: Manuscript, offset: int) -> bool:
    """Whether this place is one where results are given, not settings or the work of others."""
    section = manuscript.section_at(offset)
    return not (section and _REPORTS.search(section.title))


def unshown(quoted: Sequence[Named]) -> Draft | None:
    """One finding when nearly none of the values that the text gives stands in a table."""
    distinct = {q.number.value: q for q in quoted}
    absent = [q for q in distinct.values() if not q.stands]
    if len(distinct) < LEAST_QUOTED or len(distinct) - len(absent) > MOST_STANDING * len(distinct):
        return None
    shown = ", ".join(f"{q.number.value:f}" for q in absent[:5])
    return Draft(
        claim=f"The text gives {len(distinct)} values for rows of {absent[0].label} and the like, but "
        f"{len(absent)} of them stand in no table ({shown}): text and tables do not belong together.",
        severity="major",
        criterion="soundness",
        span=absent[0].span,
        fix="Make text and tables from the same output of the analysis.",
    )


def _of_its_kind(number: Number, cell: Number) -> bool:
    if number.decimals > cell.decimals or (cell.decimals and not number.decimals) or not cell.value:
        return False
    ratio = abs(number.value) / abs(cell.value)
    return number.value * cell.value > 0 and 1 < ratio * FARTHEST < FARTHEST**2
