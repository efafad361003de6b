"""Numbers of the abstract must come from the work itself: from results, or in a proposal from the plan."""

import re
from collections.abc import Iterator
from decimal import Decimal

from msgspec import Struct

from review.checks.base import Check, Draft, Examined, nothing, unclear
from review.checks.grid import cell_numbers, comparable, grid
from review.checks.prose import Number, Span, abstract_span, numbers, prose_spans, sections_named
from review.manuscript import Float, Kind, Manuscript

FRAMING = (
    r"^(?:abstract|introduction|conclusions?\b|concluding|summary|discussion and conclusion|background|related work"
    r"|literature|motivation|preliminar)"
)
_UNIT = re.compile(
    r"^\s?(?:x\b|×|-?fold\b|times\b|ms\b|s\b|seconds?\b|minutes?\b|hours?\b|points?\b|pp\b|[kKMGT]?B\b|dB\b"
    r"|mm\b|kg\b|°C|σ|hz\b)",
    re.IGNORECASE,
)
_YEARS = range(1900, 2101)
SMALL = 10  # whole numbers below are often written out as words elsewhere
LARGE = 100  # a whole number from here on is a result or a size that the work must state as well
MAX_PAIRS = 120  # comparable cells of one table; with more, some change would fit any number by chance


def examine(manuscript: Manuscript, kind: Kind) -> Examined:
    """Look for each number of the abstract in the results, the tables, or among changes between table cells.

    A proposal has no results: there the whole text besides the abstract must say the same.
    """
    span = abstract_span(manuscript)
    if span is None:
        return unclear("No abstract could be told apart, so its numbers cannot be compared.")
    planned = kind == "proposal"
    wanted = _is_planned if planned else is_result
    claims = [n for n in numbers(manuscript.text, *span) if wanted(manuscript.text, n)]
    if not claims:
        return nothing("The abstract states no number that the text would have to show.")
    framing = [] if planned else [(s.start, s.end) for s in sections_named(manuscript, FRAMING) if s.level == 1]
    body = tuple(outside(manuscript, [span, *framing]))
    if sum(end - start for start, end in body) < 1500:
        return unclear("Too little text besides abstract, introduction and conclusion was recognised.", len(claims))
    evidence = evidence_in(manuscript, body)
    derived = [] if planned else derived_from(manuscript)
    missing = [n for n in claims if not supported(n, evidence, derived)]
    where = "plan" if planned else "results"
    return Examined(
        examined=len(claims),
        summary=f"{len(claims) - len(missing)} of {len(claims)} numbers of the abstract are found in the {where}.",
        drafts=tuple(_contradicted(manuscript, n, span) if planned else _draft(manuscript, n, span) for n in missing),
    )


def confirmed(manuscript: Manuscript) -> tuple[tuple[Number, ...], tuple[Number, ...]]:
    """Measured numbers of the abstract: those the results confirm, and all of them."""
    span = abstract_span(manuscript)
    if span is None:
        return (), ()
    claims = [n for n in numbers(manuscript.text, *span) if is_result(manuscript.text, n)]
    framing = [(s.start, s.end) for s in sections_named(manuscript, FRAMING) if s.level == 1]
    evidence = evidence_in(manuscript, tuple(outside(manuscript, [span, *framing])))
    derived = derived_from(manuscript)
    return tuple(n for n in claims if supported(n, evidence, derived)), tuple(claims)


class Shown(Struct, frozen=True):
    """A number the results print, and whether it stands in a table cell, where units are in the header."""

    number: Number
    cell: bool


def evidence_in(manuscript: Manuscript, body: tuple[Span, ...]) -> list[Shown]:
    """Numbers of the reporting text without those of headings, and numbers of table cells."""
    headings = [(s.start, s.body) for s in manuscript.sections]
    shown = [
        Shown(n, False)
        for start, end in body
        for n in numbers(manuscript.text, start, end)
        if not any(s <= n.start < e for s, e in headings)
    ]
    return shown + [Shown(n, True) for table in _tables(manuscript) for n in cell_numbers(table)]


class Change(Struct, frozen=True):
    """A difference between two comparable cells, or the share in percent that it is of one of them."""

    value: Decimal
    percent: bool


def supported(claim: Number, evidence: list[Shown], derived: list[Change]) -> bool:
    """Whether the results print this number, a finer one that rounds to it, or two whose change it is."""
    for shown in evidence:
        number = shown.number
        comparable_units = shown.cell or number.percent == claim.percent or not claim.percent
        rounds = number.decimals >= claim.decimals and claim.agrees(abs(number.value), abs(number.value))
        if comparable_units and (rounds or number.value == claim.value):
            return True
        if claim.percent and not number.percent and number.decimals >= claim.decimals + 2:
            share = number.value * 100
            if claim.agrees(share, share):
                return True
    return any(claim.agrees(c.value, c.value) for c in derived if claim.percent or not c.percent)


def is_result(text: str, number: Number) -> bool:
    """Percentages, decimals, large numbers and ones with a unit; not years, names, versions or settings (p = 97)."""
    if number.percent:
        return not re.search(
            r"(?:confidence|significance|credible|level of|CI)\W*$|^\s*(?:CI|confidence|credible)",
            _around(text, number),
        )
    if number.decimals == 0 and (int(number.value) in _YEARS or abs(number.value) < 10):
        return False
    before = text[max(0, number.start - 2) : number.start]
    after = text[number.end : number.end + 12]
    if re.search(r"[=<>≤≥^_]\s*$", before) or after[:1] in ("-", "/"):
        return False
    return number.decimals > 0 or number.value >= LARGE or bool(_UNIT.match(after))


def _is_planned(text: str, number: Number) -> bool:
    """What a proposal promises in numbers: sizes, thresholds, weeks, costs; not small counts, years and names."""
    if number.percent or number.decimals:
        return True
    plain = number.value >= SMALL and int(number.value) not in _YEARS
    return plain and text[number.end : number.end + 1] not in ("-", "/")


def _around(text: str, number: Number) -> str:
    return text[max(0, number.start - 14) : number.start] if number.start else ""


def outside(manuscript: Manuscript, left_out: list[Span]) -> Iterator[Span]:
    """Running text that lies in none of these spans."""
    for start, end in prose_spans(manuscript):
        at = start
        for cut in sorted(left_out):
            if cut[1] <= at or cut[0] >= end:
                continue
            if cut[0] > at:
                yield at, cut[0]
            at = max(at, cut[1])
        if at < end:
            yield at, end


def _tables(manuscript: Manuscript) -> Iterator[Float]:
    return (f for f in manuscript.floats if f.kind == "table" and f.rows)


def derived_from(manuscript: Manuscript) -> list[Change]:
    """Changes between cells that a reader would compare: against the baseline, or side by side under one heading."""
    changes: list[Change] = []
    for table in _tables(manuscript):
        pairs = list(comparable(grid(table)))
        if len(pairs) <= MAX_PAIRS:
            for one, other in pairs:
                changes += _changes(one.value, other.value)
    return changes


def _changes(one: Decimal, other: Decimal) -> list[Change]:
    gap = abs(one - other)
    changes = [Change(gap, percent=False)]
    if one and other:
        changes += [Change(abs(gap / base) * 100, percent=True) for base in (one, other)]
        changes.append(Change(abs(max(one, other) / min(one, other)), percent=False))
    return changes


def _draft(manuscript: Manuscript, number: Number, abstract: Span) -> Draft:
    printed = " ".join(manuscript.text[number.start : number.end].split())
    elsewhere = any(
        n.value == number.value and n.percent == number.percent
        for start, end in prose_spans(manuscript)
        for n in numbers(manuscript.text, start, end)
        if not abstract[0] <= n.start < abstract[1]
    )
    tables = [f for f in manuscript.floats if f.kind == "table"]
    unread = bool(tables) and not any(f.rows for f in tables)
    where = (
        "only repeated in the introduction, the background or the conclusion"
        if elsewhere
        else "not found anywhere else"
    )
    claim = f"The abstract states {printed}, but the results and tables do not show it: it is {where}."
    if unread:
        claim += " (The cells of the tables could not be read, so it may stand there.)"
    return Draft(
        claim=claim,
        severity="minor" if unread else "major",
        criterion="soundness",
        span=phrase_around(manuscript.text, number, abstract),
        place="Abstract",
        fix=f"Show where {printed} comes from (table, row and computation), or correct the abstract.",
    )


def _contradicted(manuscript: Manuscript, number: Number, abstract: Span) -> Draft:
    printed = " ".join(manuscript.text[number.start : number.end].split())
    return Draft(
        claim=f"The abstract states {printed}, but nothing else in the proposal does.",
        severity="major",
        criterion="plan",
        span=phrase_around(manuscript.text, number, abstract),
        place="Abstract",
        fix=f"Say where {printed} comes from, or correct the abstract to what the plan says.",
    )


def phrase_around(text: str, number: Number, abstract: Span) -> Span:
    """Some words around a number, enough to find it by eye."""
    start, end = max(abstract[0], number.start - 90), min(abstract[1], number.end + 60)
    if start > abstract[0]:
        start = text.find(" ", start, number.start) + 1 or start
    if end < abstract[1]:
        end = max(text.rfind(" ", number.end, end), number.end)
    return start, end


CHECK = Check(
    id="abstract-numbers",
    title="Numbers of the abstract are in the work",
    method="Takes every percentage, decimal, number with a unit and whole number of 100 or more from the abstract "
    "and looks for it, or for a finer number that rounds to it, in the sections that report work and in table "
    "cells, then among changes between cells of one column. In a proposal every percentage, decimal and whole "
    "number of 10 or more must stand somewhere else in the text.",
    limits="Numbers computed in ways not shown (weighted averages, products) are reported although they may be right.",
    alarm_rate="3 findings on five development papers, all right when read, and 2 on two proposals, both right; "
    "numbers computed unseen will add false ones.",
    examine=examine,
)
