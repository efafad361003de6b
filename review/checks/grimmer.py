"""GRIMMER: whether a standard deviation of whole numbers is possible for the printed mean and sample size."""

import re
from collections.abc import Iterator
from math import ceil, floor

from review.checks.base import Check, Draft, Examined, nothing
from review.checks.grim import whole_answers
from review.checks.prose import prose_sentences
from review.manuscript import Kind, Manuscript

_PAIR = re.compile(
    r"\b(?:M|[Mm]ean|[Aa]verage)(?:\s(?:score|rating|age))?\s?(?:=|of|was|:)\s?(?P<mean>\d+\.\d+)"
    r"[^.\d]{0,12}?[,;(]\s?(?:SD|S\.D\.|s\.?d\.?|[Ss]tandard deviation)\s?(?:=|of|was|:)?\s?(?P<sd>\d+\.\d+)"
)
MOST_PEOPLE = 200  # with more, nearly every printed deviation is possible
Range = tuple[float, float]


def examine(manuscript: Manuscript, _kind: Kind) -> Examined:
    """Test each mean with its deviation whose sample size stands in the same sentence."""
    drafts: list[Draft] = []
    seen = 0
    for span in prose_sentences(manuscript):
        sentence = manuscript.text[slice(*span)]
        size = whole_answers(sentence)
        if size is None or not 2 <= size <= MOST_PEOPLE:
            continue
        for match in _PAIR.finditer(sentence):
            seen += 1
            if not possible(match["mean"], match["sd"], size):
                drafts.append(_draft(match["mean"], match["sd"], size, span))
    if not seen:
        return nothing("No mean and deviation of whole-number answers are printed together with a small sample size.")
    return Examined(examined=seen, summary=f"{seen} deviations tested, {len(drafts)} impossible.", drafts=tuple(drafts))


def possible(mean: str, deviation: str, size: int) -> bool:
    """Whether some whole answers have a mean and a deviation that round to these, by sample or population formula.

    The squares of whole numbers add up to a whole number of the same parity as their sum, and to no less than the
    most even spread of that sum gives. A mean that is impossible by itself is left to the check of means.
    """
    totals = list(_totals(mean, size))
    if not totals:
        return True
    low, high = _rounding(deviation)
    return any(_squares_fit(total, size, divisor, low, high) for total in totals for divisor in (size - 1, size))


def _totals(mean: str, size: int) -> Iterator[int]:
    low, high = _rounding(mean)
    yield from range(ceil(low * size - 1e-9), floor(high * size + 1e-9) + 1)


def _squares_fit(total: int, size: int, divisor: int, low: float, high: float) -> bool:
    least = _most_even(total, size)
    begin = low * low * divisor + total * total / size
    end = high * high * divisor + total * total / size
    candidates = range(max(ceil(begin - 1e-6), least), floor(end + 1e-6) + 1)
    return any(squares % 2 == total % 2 for squares in candidates)


def _most_even(total: int, size: int) -> int:
    """The least sum of squares of `size` whole numbers with this sum."""
    each, more = divmod(total, size)
    return (size - more) * each * each + more * (each + 1) ** 2


def _rounding(printed: str) -> Range:
    """What may have been printed so, by any rounding rule."""
    half = 0.5 * 10.0 ** -len(printed.partition(".")[2])
    return max(float(printed) - half, 0.0), float(printed) + half


def _draft(mean: str, deviation: str, size: int, span: tuple[int, int]) -> Draft:
    return Draft(
        claim=f"A deviation of {deviation} cannot come from {size} whole-number answers with a mean of {mean}.",
        severity="major",
        criterion="soundness",
        span=span,
        fix="Check the deviation, the mean and the number of answers, and whether some were averaged first.",
    )


CHECK = Check(
    id="grimmer",
    title="Deviations of whole numbers are possible",
    method="For “M = mean, SD = deviation” of ratings with n in the same sentence: looks for a whole "
    "sum of squares, of the right parity and not below the most even spread, that gives the deviation by the sample or "
    "the population formula.",
    limits="Sees the usual one-line form with one n, up to 200 people; answers averaged over items are left alone.",
    alarm_rate="by arithmetic none when the answers really are whole numbers.",
    examine=examine,
)
