"""Counts against the percentages printed beside them."""

import re
from collections.abc import Iterator
from decimal import Decimal

from review.checks.base import Check, Draft, Examined, nothing
from review.checks.prose import Number, numbers, prose_spans
from review.manuscript import Kind, Manuscript

_K = r"(?P<k>\d{1,3}(?:,\d{3})+|\d+)"
_N = r"(?P<n>\d{1,3}(?:,\d{3})+|\d+)"
_PCT = r"(?P<pct>\d+(?:\.\d+)?)\s?%"
_FORMS = (
    re.compile(
        rf"(?<![\d.,/]){_K}\s?(?:/|of|out of|of the"
        rf"|out of the)\s?{_N}\s?(?:\w+\s){{0,3}}?[(\[]\s?{_PCT}\s?[)\]]"
    ),
    re.compile(rf"{_PCT}\s?[(\[]\s?(?:n\s?=\s?)?{_K}\s?(?:/|of|out of)\s?{_N}\s?[)\]]"),
    re.compile(rf"(?<![\d.,/]){_K}\s?(?:/|out of)\s?{_N}\s?(?:=|,? or|,? i\.e\.,?)\s?{_PCT}"),
)


def examine(manuscript: Manuscript, _kind: Kind) -> Examined:
    """Divide every count by its total and compare with the printed percentage, to its own rounding."""
    drafts: list[Draft] = []
    seen = 0
    for match in _matches(manuscript):
        count, total = (int(match[name].replace(",", "")) for name in ("k", "n"))
        printed = next(numbers(match["pct"]), None)
        if not total or printed is None:
            continue
        seen += 1
        share = Decimal(count) * 100 / total
        if count <= total and _rounds(share, printed):
            continue
        shown = " ".join(match[0].split())
        claim = (
            f"“{shown}” counts more cases than there are."
            if count > total
            else f"“{shown}” does not add up: {count} of {total} is {share:.{max(printed.decimals, 1)}f}%."
        )
        drafts.append(
            Draft(
                claim=claim,
                severity="major",
                criterion="soundness",
                span=match.span(),
                fix="Correct the count, the total or the percentage.",
            )
        )
    if not seen:
        return nothing("No count is printed together with its total and percentage.")
    return Examined(
        examined=seen, summary=f"{seen} percentages recomputed, {len(drafts)} do not agree.", drafts=tuple(drafts)
    )


def _matches(manuscript: Manuscript) -> Iterator[re.Match[str]]:
    for start, end in prose_spans(manuscript):
        for form in _FORMS:
            yield from form.finditer(manuscript.text, start, end)


def _rounds(share: Decimal, printed: Number) -> bool:
    """Rounded or cut off: both are common, and both are honest."""
    return printed.agrees(share, share) or 0 <= share - printed.value < printed.half_unit * 2


CHECK = Check(
    id="counts",
    title="Percentages agree with their counts",
    method="Reads “k of n (x%)” in its usual forms and divides; rounding and truncation to the printed "
    "digits are accepted.",
    limits="Percentages whose count and total stand apart are not seen.",
    alarm_rate="none by construction when the form is read right.",
    examine=examine,
)
