"""Numbers in source text: read with their unit, written back in the style they had."""

import re
from collections.abc import Iterator
from decimal import Decimal

from msgspec import Struct

NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
BLANK = r"(?:\s|~|\\,|\\;|\\ |\\!|\{\}|\u00a0|\u2009|\u202f)*"
PERCENT = rf"{BLANK}\\?%"
_FIGURE = re.compile(
    rf"(?<![\w.\\{{])(?P<number>{NUMBER})(?!\w)(?:(?P<percent>{PERCENT})|{BLANK}(?P<unit>[^\W\d_]{{1,12}})?)"
)


class Figure(Struct, frozen=True, kw_only=True):
    """A number in a text: its digits stand at `start:end`."""

    value: Decimal
    printed: str
    start: int
    end: int
    unit: str  # "%", the word after it, or ""


def figures(text: str) -> Iterator[Figure]:
    """Every number of a text."""
    for found in _FIGURE.finditer(text):
        printed = found["number"]
        yield Figure(
            value=Decimal(printed.replace(",", "")),
            printed=printed,
            start=found.start("number"),
            end=found.end("number"),
            unit="%" if found["percent"] else (found["unit"] or "").lower(),
        )


def written_like(value: Decimal, printed: str) -> str:
    """A value with the decimals and the grouping of another number; more decimals where it would change."""
    decimals = len(printed.partition(".")[2])
    grouped = "," in printed or value >= 10_000
    return f"{round(value, decimals):{',' if grouped else ''}.{decimals}f}"


def value_of(printed: str) -> Decimal | None:
    """The value of a printed number, or None."""
    plain = printed.replace(",", "").strip()
    return Decimal(plain) if re.fullmatch(r"\d+(?:\.\d+)?", plain) else None


def agrees(stated: Decimal, printed: str, exact: Decimal) -> bool:
    """Whether a printed number is this value, rounded as it is printed."""
    half = Decimal(1).scaleb(-len(printed.partition(".")[2])) / 2
    return abs(stated - exact) <= half
