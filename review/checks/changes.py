"""Relative changes recomputed from the two numbers they are stated with."""

import re
from collections.abc import Iterator
from decimal import Decimal

from review.checks.base import Check, Draft, Examined, nothing
from review.checks.metrics import Direction, direction_of
from review.checks.prose import Number, Span, numbers, prose_spans, sentence_at
from review.manuscript import Kind, Manuscript

_DOWN = r"reduc\w+|decreas\w+|drop\w*|decline\w*|lower\w*|fall\w*|fell|cut\w*|shrink\w*|sav(?:es?|ed|ing)"
_UP = r"increas\w+|rise[sn]?|rose|growth|gr[eo]w\w*|gain\w*|boost\w*|rais\w+|higher"
_BETTER = r"improv\w+|better"
_ANY = rf"(?:{_DOWN}|{_UP}|{_BETTER})"
_UNIT = r"(?:\s?[A-Za-zµ°/]{1,14})?"
_UNITS = r"(?:\s?[A-Za-zµ°/]{1,14}){0,3}"  # "events per second"
_NOUN = (
    r"(?:reductions?|decreases?|drops?|declines?|cuts?|savings?|increases?|rises?|growth|gains?|boosts?|improvements?"
    r"|lower|higher|better)"
)
_PAIR = (
    rf"from\s+(?P<from>[-−]?[\d.,]*\d)(?P<fp>\s?%)?{_UNIT}\s+to\s+(?:just\s+|only\s+)?"
    r"(?P<to>[-−]?[\d.,]*\d)(?P<tp>\s?%)?"
)
_PERCENT = r"(?P<change>\d+(?:\.\d+)?)\s?(?:%|percent)"
# What is said between a change and its two numbers: what changed, not under which other change it did.
_WHAT = r"(?:(?!\b(?:when|while|as|with|after|if|for every|by)\b)[^.;%\d]|\b\w*[A-Za-z-]\d\b){0,90}?"
_HENCE = r"[,(–—:]?\s?(?:(?:representing|which is|that is|i\.e\.,?|or|an?|by|about)\s){0,3}"

# "a 38.7% reduction in KL divergence, from 1.060 to 0.650" and "2.5% reduction (from 0.354 to 0.345)"
_NOUN_FIRST = re.compile(rf"{_PERCENT}\s+(?:\w+\s+)?(?P<word>{_NOUN})\b{_WHAT}{_PAIR}", re.IGNORECASE)
# "reduced the loss by 38.7%, from 1.060 to 0.650"
_VERB_FIRST = re.compile(
    rf"\b(?P<word>{_ANY}|lengthen\w*|shorten\w*)\b{_WHAT}\bby\s+(?:about\s+)?{_PERCENT}{_WHAT}{_PAIR}", re.IGNORECASE
)
# "from 1.06 to 0.65, a 38.7% reduction"
_NOUN_LAST = re.compile(rf"{_PAIR}{_UNITS}\s?{_HENCE}{_PERCENT}\s+(?:\w+\s)?(?P<word>{_NOUN})\b", re.IGNORECASE)
# "a reduction of 38.7%, from 1.060 to 0.650" and "from 1.06 to 0.65, a reduction of 38.7%"
_OF_FIRST = re.compile(rf"\b(?P<word>{_NOUN})\s+of\s+{_PERCENT}{_WHAT}{_PAIR}", re.IGNORECASE)
_OF_LAST = re.compile(rf"{_PAIR}{_UNITS}\s?{_HENCE}(?:\w+\s)?(?P<word>{_NOUN})\s+of\s+{_PERCENT}", re.IGNORECASE)
# "rose from 10 to 12 (by 20%)" and "rose from 10 to 12 (20%)"
_VERB_LAST = re.compile(
    rf"\b(?P<word>{_ANY})\b{_WHAT}{_PAIR}{_UNIT}\s?(?:[,(]?\s?by\s+{_PERCENT}"
    rf"|\(\s?[-−+]?{_PERCENT.replace('change', 'noted')}\s?\))",
    re.IGNORECASE,
)
# "The baseline needed 4720 steps. Ours reduced this to 1343 steps, a 72% reduction": the same unit both times
_PAIR_APART = re.compile(
    r"(?P<from>\d[\d.,]*)(?P<fp>\s?%)?(?P<unit>\s[A-Za-z]{1,12})\b(?P<between>(?:\d+\s?%|[^\d;\n]){0,260}?"
    rf"\b(?P<word>{_DOWN}|{_UP}|{_BETTER})\s(?:this|that|it)\s(?:number\s|time\s)?to\s(?:just\s|only\s)?)"
    r"(?P<to>\d[\d.,]*)(?P<tp>\s?%)?(?P=unit)\b\s?[,(–—-]+\s?(?:representing\s|which is\s|i\.e\.,?\s)?(?:an?\s)?"
    rf"{_PERCENT}\s+(?P<word2>{_DOWN}|{_UP}|{_BETTER})",
    re.IGNORECASE,
)
_A_PERCENTAGE = re.compile(r"\d\s?(?:%|percent)", re.IGNORECASE)  # which every form has
_FORMS = (_NOUN_FIRST, _VERB_FIRST, _OF_FIRST, _NOUN_LAST, _OF_LAST, _VERB_LAST, _PAIR_APART)


def examine(manuscript: Manuscript, _kind: Kind) -> Examined:
    """Recompute every stated change that gives both of its ends."""
    drafts: list[Draft] = []
    seen = 0
    for match in _stated(manuscript):
        before, after = _number(match["from"]), _number(match["to"])
        change = _number(match["change"] or match.groupdict().get("noted") or "")
        if before is None or after is None or change is None or before.value == 0:
            continue
        seen += 1
        word = (match.groupdict().get("word2") or match["word"]).lower()
        percents = bool(match["fp"] or match["tp"])
        draft = _judge(manuscript, match.span(), before, after, change, word, percents)
        if draft:
            drafts.append(draft)
    if not seen:
        return nothing("No relative change is stated together with the two numbers it comes from.")
    return Examined(
        examined=seen, summary=f"{seen} stated changes recomputed, {len(drafts)} do not agree.", drafts=tuple(drafts)
    )


def _stated(manuscript: Manuscript) -> Iterator[re.Match[str]]:
    for start, end in prose_spans(manuscript):
        if not _A_PERCENTAGE.search(manuscript.text, start, end):
            continue
        taken: list[Span] = []
        for pattern in _FORMS:
            for match in pattern.finditer(manuscript.text, start, end):
                pair = match.span("from")
                if pair not in taken:
                    taken.append(pair)
                    yield match


def _judge(
    manuscript: Manuscript, span: Span, before: Number, after: Number, change: Number, word: str, percents: bool
) -> Draft | None:
    low, high = _relative_range(before, after)
    fits = change.agrees(low, high)
    if not fits and percents:
        points = abs(after.value - before.value)
        slack = before.half_unit + after.half_unit
        fits = change.agrees(points - slack, points + slack)
    place = sentence_at(manuscript, span[0])
    quote = (min(place[0], span[0]), max(place[1], span[1])) if span[1] - place[0] < 400 else span
    shown = f"from {_show(before)} to {_show(after)}"
    if not fits:
        right = abs(after.value - before.value) / abs(before.value) * 100
        return Draft(
            claim=f"The text states a change of {_show(change)}% {shown}, but these two numbers differ by "
            f"{right:.1f}%.",
            severity="major",
            criterion="soundness",
            span=quote,
            fix="Recompute the percentage, or correct the two numbers it is computed from.",
        )
    moved: Direction = "down" if after.value < before.value else "up"
    if before.value != after.value and (wanted := _wanted(manuscript, span, word)) and wanted != moved:
        worse = "larger" if moved == "up" else "smaller"
        return Draft(
            claim=f"The text calls the change {shown} “{word}”, but the second number is {worse} than the first: "
            "the result moved the other way.",
            severity="major",
            criterion="soundness",
            span=quote,
            fix="Say that this result got worse, or correct the numbers; revise every summary that counts it "
            "as a gain.",
        )
    return None


def _wanted(manuscript: Manuscript, span: Span, word: str) -> Direction | None:
    """Which way the number must move for the word to be true, or None when that is not known."""
    if re.fullmatch(_DOWN, word):
        return "down"
    if re.fullmatch(_UP, word):
        return "up"
    if re.fullmatch(_BETTER, word):
        return direction_of(manuscript.text[max(0, span[0] - 420) : span[1]])
    return None


def _relative_range(before: Number, after: Number) -> tuple[Decimal, Decimal]:
    """Smallest and largest percentage that the two printed numbers allow, rounding included."""
    base, target = abs(before.value), abs(after.value)
    slack = before.half_unit + after.half_unit
    distance = abs(after.value - before.value)
    narrow = max(Decimal(0), distance - slack)
    lows = [narrow / (base + before.half_unit)]
    highs = [(distance + slack) / max(base - before.half_unit, Decimal("1e-9"))]
    if target > base:  # "a 50% improvement" of a growing number may also be counted on the new one
        lows.append(narrow / (target + after.half_unit))
    return min(lows[:1]) * 100, max(highs) * 100


def _number(printed: str) -> Number | None:
    found = list(numbers(printed.strip(",. ")))
    return found[0] if len(found) == 1 else None


def _show(number: Number) -> str:
    return f"{number.value:f}"


CHECK = Check(
    id="changes",
    title="Relative changes agree with their numbers",
    method="Finds “x% change from a to b”, recomputes |b-a|/a within the rounding of all three, and compares "
    "the direction "
    "with the word used (reduction, increase, improvement of a metric whose better direction is known).",
    limits="Sees only changes whose two numbers stand beside them; percentage points are accepted for percentages.",
    alarm_rate="by arithmetic none when the sentence is parsed right; 1 finding on five development papers, right.",
    examine=examine,
)
