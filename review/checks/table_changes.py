"""Percent changes that a sentence gives for a row of a table, recomputed from the cells of that row."""

import re
from collections.abc import Iterator
from decimal import Decimal
from itertools import combinations

from msgspec import Struct

from review.checks.base import Check, Draft, Examined, nothing
from review.checks.grid import Grid, grid
from review.checks.prose import Number, Span, numbers, prose_sentences
from review.checks.table_claims import names_metric
from review.checks.table_values import ELSEWHERE, LONGEST, around_of, is_table, says
from review.manuscript import Float, Kind, Manuscript

_NOUN = r"(?:reductions?|decreases?|drops?|declines?|cuts?|savings?|increases?|rises?|gains?|improvements?)"
# "a 38.7% reduction in divergence", "reductions of 6.2% for one and 3.1% for the other"
_FORMS = (
    re.compile(rf"(?P<change>\d+(?:\.\d+)?)\s?(?:%|percent\b)\s+(?:\w+\s)?{_NOUN}\b", re.IGNORECASE),
    re.compile(rf"\b{_NOUN} of (?P<change>\d+(?:\.\d+)?)\s?(?:%|percent\b)", re.IGNORECASE),
    re.compile(rf"\b{_NOUN} of \d[\d.]*[^.;:]{{1,60}}? and (?P<change>\d+(?:\.\d+)?)\s?%\s(?:for|on)\b", re.IGNORECASE),
)
_CLAUSE_END = re.compile(r"[;:%]|\.(?!\d)|\d|\b(?:and|but|while|whereas|compared|than)\b")
# The change may be one under a condition, or over something, that the table does not print.
_ELSEWISE = re.compile(
    r"\b(?:when|if|after|without|only|half|twice|fewer|per|each|annual\w*|relative to|human|respectively"
    r"|simulat\w+|predict\w*|points?)\b",
    re.IGNORECASE,
)
MOST_PAIRS = 45  # cells that may be compared; among more, some change would fit any number by chance


class Stated(Struct, frozen=True):
    """A percent change with the name it is given for and the sentence that gives it."""

    change: Number
    name: str
    span: Span


def examine(manuscript: Manuscript, _kind: Kind) -> Examined:
    """Recompute every change that a sentence gives for a named row and a named column."""
    tables = [(f, grid(f)) for f in manuscript.floats if f.kind == "table" and f.rows]
    unread = any(f.kind == "table" and not f.rows for f in manuscript.floats)
    if not tables or unread:
        return nothing("No table, or one whose cells could not be read, in which the change may stand.")
    drafts: dict[tuple[Decimal, str], Draft] = {}
    seen = 0
    for stated in _stated(manuscript, tables):
        pairs = _pairs(around_of(manuscript, stated.span), stated.name, tables)
        if not 0 < len(pairs) <= MOST_PAIRS:
            continue
        seen += 1
        if not any(_agrees(stated.change, *pair) for pair in pairs):
            drafts.setdefault((stated.change.value, stated.name.lower()), _draft(stated, pairs))
    if not seen:
        return nothing("No percent change is given for a named row and column of a table.")
    return Examined(
        examined=seen,
        summary=f"{seen} changes recomputed from the cells they name, {len(drafts)} do not agree.",
        drafts=tuple(drafts.values()),
    )


def _stated(manuscript: Manuscript, tables: list[tuple[Float, Grid]]) -> Iterator[Stated]:
    labels = frozenset(label.lower() for _, g in tables for r in g.records for label in r.labels if not r.baseline)
    for span in prose_sentences(manuscript):
        sentence = manuscript.text[slice(*span)]
        if span[1] - span[0] > LONGEST or is_table(sentence):
            continue
        if ELSEWHERE.search(sentence) or _ELSEWISE.search(sentence):
            continue
        if any(span[0] <= c.start < span[1] for c in manuscript.citations):
            continue
        for form in _FORMS:
            for match in form.finditer(sentence):
                change, name = next(numbers(match["change"]), None), _name(sentence, match, labels)
                if change and name:
                    yield Stated(change, name, span)


def _name(sentence: str, match: re.Match[str], labels: frozenset[str]) -> str:
    """The one label right before the change, as in “Circle: 1.1%” or “the circle (1.1%”, or in the clause after it."""
    before = re.search(r"([\w-]+)\W{0,3}[(:]\s?$", sentence[: match.start("change")])
    if before and before[1].lower() in labels:
        return before[1]
    end = _CLAUSE_END.search(sentence, match.end())
    clause = sentence[match.end() : end.start() if end else len(sentence)]
    named = [label for label in labels if says(clause, label)]
    return named[0] if len(named) == 1 else ""


def _pairs(around: tuple[str, ...], name: str, tables: list[tuple[Float, Grid]]) -> list[tuple[Number, Number]]:
    """Cells whose change the sentence may mean: of one metric, in rows or a table of this name."""
    pairs: list[tuple[Number, Number]] = []
    for table, read in tables:
        columns = _metric(around, read)
        rows = [r for r in read.records if any(label.lower() == name.lower() for label in r.labels)]
        if not rows and says(table.caption, name):
            rows = list(read.records)
        cells = [r.values[c] for r in rows for c in columns if c in r.values]
        pairs += combinations(cells, 2)
    return pairs


def _metric(around: tuple[str, ...], read: Grid) -> list[int]:
    """Columns of the one metric that the nearest text names."""
    measured = sorted({c for r in read.records for c in r.values})
    for text in around:
        said = [c for c in measured if c < len(read.header) and names_metric(read.header[c], text)]
        if said:
            return said if len({read.header[c].lower() for c in said}) == 1 else []
    return []


def _agrees(change: Number, one: Number, other: Number) -> bool:
    """Whether the change may be that between two printed numbers, counted on either, or their plain difference."""
    gap = abs(one.value - other.value)
    slack = one.half_unit + other.half_unit
    low, high = max(Decimal(0), gap - slack), gap + slack
    if (one.percent or max(abs(one.value), abs(other.value)) > 1) and change.agrees(low, high):
        return True
    return any(
        change.agrees(low * 100 / (abs(base.value) + base.half_unit), high * 100 / (abs(base.value) - base.half_unit))
        for base in (one, other)
        if abs(base.value) > base.half_unit
    )


def _draft(stated: Stated, pairs: list[tuple[Number, Number]]) -> Draft:
    one, other = pairs[0]
    right = abs(one.value - other.value) / max(abs(one.value), Decimal("1e-9")) * 100
    shown = (
        f"the two values the table prints there, {one.value:f} and {other.value:f}, differ by {right:.1f}%"
        if len(pairs) == 1
        else "no two values that the tables print there differ by so much"
    )
    return Draft(
        claim=f"The text states a change of {stated.change.value:f}% for {stated.name}, but {shown}.",
        severity="major",
        criterion="soundness",
        span=stated.span,
        fix="Recompute the percentage from the table, or say from which values it comes.",
    )


CHECK = Check(
    id="table-changes",
    title="Changes given for a row are those of its cells",
    method="Where a sentence gives a percent change for a name that labels a row, or stands in a caption, and names "
    "one metric, computes the change between every two cells of that metric there, within their rounding; the "
    "stated one must be among them.",
    limits="Needs recovered cells of every table; conditions, averages and changes given with a citation are left "
    "alone.",
    alarm_rate="2 findings on five development papers, both right when read against the tables.",
    examine=examine,
)
