"""Confidence intervals against the estimate and the p-value printed with them."""

import re
from collections.abc import Iterator

from review.checks.base import Check, Draft, Examined, nothing
from review.checks.prose import prose_spans
from review.manuscript import Kind, Manuscript

_LEVEL = r"9[059]"
_NAMED = r"\s?%\s?(?:CI|confidence interval|credible interval)"
_NUM = r"[-−–]?\d+(?:\.\d+)?"
_INTERVAL = re.compile(
    rf"(?P<name>[A-Za-zβ∆Δ][\w ]{{0,24}}?)?\s?(?:=|of|was|:)?\s?(?P<est>{_NUM})\s?(?P<ep>%)?\s?[,;]?\s?[(\[]?\s?"
    rf"(?P<level>{_LEVEL}){_NAMED}s?\s?[:=,]?\s?[\[(]?\s?"
    rf"(?P<low>{_NUM})\s?%?\s?(?:,|to|–|;|-)\s?(?P<high>{_NUM})\s?%?\s?[\])]?"
    rf"(?P<rest>[,;]?\s?p\s?(?P<rel>[=<>])\s?(?P<p>\d*\.\d+))?",
    re.IGNORECASE,
)
_CALLED = re.compile(_LEVEL + _NAMED, re.IGNORECASE)
_LEAD = 200  # characters: an interval is called one this close behind the beginning of its name and estimate
_RATIO = re.compile(r"\b(?:OR|HR|RR|IRR|odds ratio|hazard ratio|risk ratio|rate ratio|ratio)\b", re.IGNORECASE)
_DIFFERENCE = re.compile(
    r"(?:\b(?:difference|effect|change|gain|coefficient|beta|slope|b)\b|[β∆Δ]"
    r"|\bd\b|\bg\b)",
    re.IGNORECASE,
)


def examine(manuscript: Manuscript, _kind: Kind) -> Examined:
    """Check order, containment of the estimate, and agreement with the p-value."""
    drafts: list[Draft] = []
    seen = 0
    for start, end in prose_spans(manuscript):
        for match in _printed(manuscript.text, start, end):
            seen += 1
            wrong = _wrong(match, manuscript.text[max(0, match.start() - 60) : match.end()])
            if wrong:
                drafts.append(
                    Draft(
                        claim=wrong,
                        severity="major",
                        criterion="soundness",
                        span=match.span(),
                        fix="Check estimate, interval and p-value against the analysis output.",
                    )
                )
    if not seen:
        return nothing("No confidence interval is printed together with its estimate.")
    return Examined(
        examined=seen, summary=f"{seen} intervals checked, {len(drafts)} do not agree.", drafts=tuple(drafts)
    )


def _printed(text: str, start: int, end: int) -> Iterator[re.Match[str]]:
    """What `_INTERVAL` finds from left to right, tried only where something is called an interval."""
    for called in _CALLED.finditer(text, start, end):
        for place in range(max(start, called.start() - _LEAD), called.start()):
            if match := _INTERVAL.match(text, place, end):
                start = match.end()
                yield match
                break


def _wrong(match: re.Match[str], context: str) -> str:
    """What disagrees, in words, or an empty string."""
    estimate, low, high = (_value(match[name]) for name in ("est", "low", "high"))
    shown = f"[{match['low']}, {match['high']}]"
    if low > high:
        return f"The interval {shown} runs backwards: its lower end is above its upper end."
    if not low - _half(match["low"]) <= estimate <= high + _half(match["high"]):
        return f"The estimate {match['est']} lies outside its own interval {shown}."
    if match["p"] and match["level"] == "95":
        null = 1.0 if _RATIO.search(context) else 0.0 if _DIFFERENCE.search(context) else None
        if null is None:
            return ""
        p = float(match["p"])
        outside = null < low or null > high
        if outside and match["rel"] == "=" and p > 0.06:
            return f"The interval {shown} excludes {null:g}, but p = {match['p']} says there is no difference."
        if not outside and low < null < high and match["rel"] in "=<" and p < 0.04:
            return (
                f"The interval {shown} includes {null:g}, but p {match['rel']} {match['p']} says there is a difference."
            )
    return ""


def _value(printed: str) -> float:
    return float(re.sub(r"[−–]", "-", printed))


def _half(printed: str) -> float:
    return 0.5 * 10.0 ** -len(printed.partition(".")[2])


CHECK = Check(
    id="intervals",
    title="Intervals agree with estimates and p-values",
    method="Reads “estimate (95% CI low to high), p”: the ends in order, the estimate inside, and p on "
    "the same side of .05 as the "
    "interval of a difference (0) or a ratio (1).",
    limits="Agreement with p is judged only where the text names a difference or a ratio; near the level "
    "it is left alone.",
    alarm_rate="none known; the development papers print no interval.",
    examine=examine,
)
