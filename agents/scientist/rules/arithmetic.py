"""Percentages, changes and totals, recomputed from the numbers beside them. The data are right, the sum was wrong."""

import re
from collections.abc import Iterator
from decimal import Decimal

from agents.scientist.desk import Desk
from agents.scientist.rules.figures import BLANK, NUMBER, PERCENT, agrees, value_of, written_like
from agents.scientist.rules.tables import Table, rows_of, tables
from agents.scientist.sources import Place

_CHANGE = re.compile(
    rf"from{BLANK}(?P<before>{NUMBER})(?P<between>[^.;]{{0,40}}?)\s+to{BLANK}(?P<after>{NUMBER})[^.;\d]{{0,60}}?"
    rf"\b(?P<word>reduction|decrease|drop|fall|decline|loss|saving|increase|rise|gain|growth|improvement)\s+of\s+"
    rf"(?P<stated>{NUMBER})(?={PERCENT})"
)
_SHARE = re.compile(
    rf"(?<![\d.,])(?P<part>{NUMBER})\s+(?:out\s+)?of\s+(?:the\s+|all\s+)?(?P<whole>{NUMBER})(?P<thing>(?:\s+\w+){{0,3}}?)\s*"
    rf"\((?P<stated>{NUMBER})(?={PERCENT})"
)
_SUM_ROW = re.compile(r"^\W*(?:\\\w+\{)?\s*(?P<word>total|sum|all|average|mean)\b", re.IGNORECASE)


def recompute_changes(desk: Desk) -> None:
    """A change of x % between two numbers that give another one."""
    for name in desk.sources.in_order:
        for found in reversed(list(_CHANGE.finditer(desk.sources.files[name]))):
            before, after = value_of(found["before"]), value_of(found["after"])
            if not before or after is None:
                continue
            _correct(desk, name, found, abs(before - after) / before * 100, "changes", _between(found))


def recompute_shares(desk: Desk) -> None:
    """A count of a total with a percentage that it does not give."""
    for name in desk.sources.in_order:
        for found in reversed(list(_SHARE.finditer(desk.sources.files[name]))):
            part, whole = value_of(found["part"]), value_of(found["whole"])
            if part is None or not whole or part > whole:
                continue
            said = " ".join(f"{found['part']} of {found['whole']} {found['thing']}".split())
            _correct(desk, name, found, part / whole * 100, "counts", said)


def recompute_totals(desk: Desk) -> None:
    """A total or an average in a table that its rows do not give."""
    for number, _ in enumerate(list(tables(desk.sources))):
        table = list(tables(desk.sources))[number]
        for place, printed, right, word in reversed(list(_wrong_sums(desk, table))):
            new = written_like(right, printed)
            desk.sources = desk.sources.replace(place, new)
            caption = table.caption.rstrip(".")
            desk.note("table-arithmetic", f"Corrected the {word} in the table “{caption}” from {printed} to {new}.")


def _wrong_sums(desk: Desk, table: Table) -> Iterator[tuple[Place, str, Decimal, str]]:
    rows = rows_of(desk.sources, table)
    for at, row in enumerate(rows):
        heading = _SUM_ROW.match(row.cells[0].text)
        if heading is None:
            continue
        word = heading["word"].lower()
        above = [r for r in rows[:at] if len(r.cells) == len(row.cells)]
        for column, cell in enumerate(row.cells[1:], start=1):
            values = [v for v in (value_of(r.cells[column].text) for r in above) if v is not None]
            right = _expected(word, values)
            stated = value_of(cell.text)
            if right is None or stated is None or not stated / 2 < right < stated * 2:
                continue
            if not agrees(stated, cell.text, right):
                place = Place(table.body.file, row.start + cell.start, row.start + cell.end)
                yield place, cell.text, right, word


def _expected(word: str, values: list[Decimal]) -> Decimal | None:
    if len(values) < 2:
        return None
    whole = sum(values, Decimal(0))
    return whole / len(values) if word in ("average", "mean") else whole


def _correct(desk: Desk, name: str, found: re.Match[str], right: Decimal, topic: str, said: str) -> None:
    printed = found["stated"]
    stated = value_of(printed)
    if stated is None or agrees(stated, printed, right):
        return
    new = written_like(right, printed)
    desk.sources = desk.sources.replace(Place(name, *found.span("stated")), new)
    desk.note(topic, f"Corrected from {printed} % to {new} %: {said} is {new} %.")


def _between(found: re.Match[str]) -> str:
    return f"the {found['word']} from {found['before']} to {found['after']}"
