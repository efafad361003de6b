"""GRIM: whether a mean of whole numbers is possible at all for the printed sample size."""

import re
from decimal import ROUND_HALF_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

from review.checks.base import Check, Draft, Examined, nothing
from review.checks.prose import prose_sentences
from review.manuscript import Kind, Manuscript

_MEAN = re.compile(
    r"\b(?:M|mean|Mean|average|Average)(?:\s(?:score|rating|age))?\s?(?:=|of|was"
    r"|:)\s?(?P<mean>\d+\.\d+)"
)
_SIZE = re.compile(r"\b[nN]\s?=\s?(?P<n>\d{1,5})\b")
# Only answers given in whole steps can be tested; ages may be computed from dates.
_WHOLE = re.compile(
    r"\b(?:likert|\d-point|(?:five|six|seven|nine|ten)-point|rating scale|rated|ratings?|whole[- ]number)\b",
    re.IGNORECASE,
)
# Averages of averages, and measures that are read off an instrument, need not be whole.
_ITEMS = re.compile(
    r"\b(?:composite|averaged (?:over|across)|mean of the \w+ items|\w+ items|\w+-item|subscales?"
    r"|index|ratio|rates?|accuracy|times?|(?:milli)?seconds?|minutes?|hours?|ms|percent|kg|cm|mm|weighted|normali[sz]ed)\b|%",
    re.IGNORECASE,
)


def examine(manuscript: Manuscript, _kind: Kind) -> Examined:
    """Test each mean of whole numbers whose sample size stands in the same sentence."""
    drafts: list[Draft] = []
    seen = 0
    for span in prose_sentences(manuscript):
        sentence = manuscript.text[slice(*span)]
        size = whole_answers(sentence)
        if size is None:
            continue
        for match in _MEAN.finditer(sentence):
            decimals = len(match["mean"].partition(".")[2])
            if size == 0 or size >= 10**decimals:
                continue  # with so many answers every printed mean is possible
            seen += 1
            if not possible(match["mean"], size):
                drafts.append(_draft(match["mean"], size, (span[0] + match.start(), span[0] + match.end()), span))
    if not seen:
        return nothing("No mean of whole-number answers is printed together with a sample size small enough to test.")
    return Examined(examined=seen, summary=f"{seen} means tested, {len(drafts)} impossible.", drafts=tuple(drafts))


def whole_answers(sentence: str) -> int | None:
    """The sample size when the sentence gives exactly one and speaks of answers in whole steps, else None."""
    sizes = set(_SIZE.findall(sentence))
    if len(sizes) != 1 or not _WHOLE.search(sentence) or _ITEMS.search(sentence):
        return None
    return int(sizes.pop())


def possible(mean: str, size: int) -> bool:
    """Whether some whole total divided by `size` rounds to `mean`, by any usual rounding rule; keeps trailing zeros."""
    step = Decimal(1).scaleb(-len(mean.partition(".")[2]))
    target = Decimal(mean)
    middle = int(target * size)
    rules = (ROUND_HALF_UP, ROUND_HALF_DOWN, ROUND_HALF_EVEN)
    return any(
        (Decimal(total) / size).quantize(step, rounding=rule) == target
        for total in range(max(middle - 1, 0), middle + 3)
        for rule in rules
    )


def _draft(mean: str, size: int, _match: tuple[int, int], span: tuple[int, int]) -> Draft:
    return Draft(
        claim=f"A mean of {mean} cannot come from {size} whole-number answers: no total divided by {size} "
        f"rounds to it.",
        severity="major",
        criterion="soundness",
        span=span,
        fix="Check the mean, the number of answers, and whether some were left out or averaged first.",
    )


CHECK = Check(
    id="grim",
    title="Means of whole numbers are possible",
    method="For means of ratings with n in the same sentence: looks for a whole total that rounds to the mean.",
    limits="Means over several items per person are left alone; a sentence must give exactly one n.",
    alarm_rate="by arithmetic none when the answers really are whole numbers.",
    examine=examine,
)
