"""p-values recomputed from the test statistic and degrees of freedom they are printed with."""

import re
from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from review.checks.base import Check, Draft, Examined, nothing
from review.checks.prose import prose_spans, sentence_at
from review.manuscript import Kind, Manuscript

Family = Literal["t", "F", "chi2", "z", "r"]

_NUM = r"[-−–]?\s?\d*\.?\d+"
_P = r"[,;]?\s*\(?\s*p\s*(?P<rel>=|<|>|≤|≥)\s*(?P<p>\d*\.\d+(?:\s?[×x]\s?10\s?[-−–]\s?\d+|e[-−–]?\d+)?)"
_GAP = r"(?:[,;]\s*(?:d|g|η|eta|ηp|SE|MSE|CI|95%)[^;,]{0,30}){0,2}"
_TESTS: tuple[tuple[Family, re.Pattern[str]], ...] = (
    ("t", re.compile(rf"\bt\s?\(\s?(?P<d1>\d+(?:\.\d+)?)\s?\)\s?=\s?(?P<x>{_NUM}){_GAP}{_P}")),
    (
        "F",
        re.compile(rf"\bF\s?\(\s?(?P<d1>\d+(?:\.\d+)?)\s?,\s?(?P<d2>\d+(?:\.\d+)?)\s?\)\s?=\s?(?P<x>{_NUM}){_GAP}{_P}"),
    ),
    (
        "chi2",
        re.compile(
            rf"(?:[χΧXx]|\bchi)\s?[-^]?\s?(?:2|²|squared?)\s?\(\s?(?P<d1>\d+)\s?(?:,\s?N\s?=\s?[\d,]+\s?)?\)\s?=\s?"
            rf"(?P<x>{_NUM}){_GAP}{_P}"
        ),
    ),
    ("r", re.compile(rf"\br\s?\(\s?(?P<d1>\d+)\s?\)\s?=\s?(?P<x>{_NUM}){_GAP}{_P}")),
    ("z", re.compile(rf"\b[zZ]\s?=\s?(?P<x>{_NUM}){_GAP}{_P}")),
)
_ONE_TAILED = re.compile(r"\bone[- ](?:tailed|sided)\b|\bdirectional\b", re.IGNORECASE)
_CORRECTED = re.compile(
    r"\b(?:bonferroni|holm|corrected|adjusted|fdr|benjamini|permutation"
    r"|bootstrap\w*)\b",
    re.IGNORECASE,
)
LEVEL = 0.05


class Test(Struct, frozen=True, kw_only=True):
    """One printed test: `x` with its half unit of rounding, degrees of freedom, and the printed p."""

    family: Family
    x: float
    half: float
    d1: float
    d2: float
    relation: str
    p: float
    p_half: float
    start: int
    end: int


def examine(manuscript: Manuscript, _kind: Kind) -> Examined:
    """Recompute every p-value that stands with its statistic."""
    found = list(_tests(manuscript))
    if not found:
        return nothing("No test statistic is printed together with its degrees of freedom and p-value.")
    one_tailed = bool(_ONE_TAILED.search(manuscript.text))
    drafts = [d for test in found if (d := _judge(manuscript, test, one_tailed))]
    return Examined(
        examined=len(found), summary=f"{len(found)} tests recomputed, {len(drafts)} do not agree.", drafts=tuple(drafts)
    )


def p_range(test: Test) -> tuple[float, float]:
    """Smallest and largest two-sided p the printed statistic allows, its rounding included."""
    size = abs(test.x)
    return _tail(test, size + test.half), _tail(test, max(size - test.half, 0.0))


def _tail(test: Test, x: float) -> float:
    from scipy import stats

    if test.family == "t":
        return float(2 * stats.t.sf(x, test.d1))
    if test.family == "F":
        return float(stats.f.sf(x, test.d1, test.d2))
    if test.family == "chi2":
        return float(stats.chi2.sf(x, test.d1))
    if test.family == "z":
        return float(2 * stats.norm.sf(x))
    if x >= 1:
        return 0.0
    return float(2 * stats.t.sf(x * (test.d1 / (1 - x * x)) ** 0.5, test.d1))


def _judge(manuscript: Manuscript, test: Test, one_tailed: bool) -> Draft | None:
    low, high = p_range(test)
    if _fits(test, low, high):
        return None
    halved = test.family in ("t", "z", "r")
    if one_tailed and halved and _fits(test, low / 2, high / 2):
        return None
    span = sentence_at(manuscript, test.start)
    if _CORRECTED.search(manuscript.text[slice(*span)]):
        return None
    exact = _tail(test, abs(test.x))
    crosses = (test.p < LEVEL) != (exact < LEVEL) and test.relation != ">"
    consequence = " The result changes sides of the .05 level." if crosses else ""
    printed = " ".join(manuscript.text[test.start : test.end].split())
    return Draft(
        claim=f"“{printed}” does not agree with itself: this statistic gives p = {exact:.3g}.{consequence}",
        severity="critical" if crosses else "major",
        criterion="soundness",
        span=(test.start, test.end),
        fix="Check the statistic, the degrees of freedom and p against the analysis output; say if the "
        "test is one-tailed.",
    )


def _fits(test: Test, low: float, high: float) -> bool:
    if test.relation in ("<", "≤"):
        return low <= test.p
    if test.relation in (">", "≥"):
        return high >= test.p
    return low <= test.p + test.p_half and high >= test.p - test.p_half


def _tests(manuscript: Manuscript) -> Iterator[Test]:
    for start, end in prose_spans(manuscript):
        for family, pattern in _TESTS:
            for match in pattern.finditer(manuscript.text, start, end):
                groups = match.groupdict()
                x = _float(groups["x"])
                if family == "r" and abs(x) > 1:
                    continue
                p = _float(groups["p"])
                yield Test(
                    family=family,
                    x=x,
                    half=_half(groups["x"]),
                    d1=float(groups.get("d1") or 0),
                    d2=float(groups.get("d2") or 0),
                    relation=groups["rel"],
                    p=p,
                    p_half=_half(groups["p"]) if re.fullmatch(r"\d*\.\d+", groups["p"]) else p * 0.06,
                    start=match.start(),
                    end=match.end(),
                )


def _float(printed: str) -> float:
    plain = re.sub(r"[−–]", "-", printed).replace(" ", "")
    return float(re.sub(r"[×x]10-?", lambda m: "e-" if "-" in m[0] else "e", plain))


def _half(printed: str) -> float:
    return 0.5 * 10.0 ** -len(printed.partition(".")[2])


CHECK = Check(
    id="p-values",
    title="p-values agree with their statistics",
    method="Reads t, F, chi-square, z and r with degrees of freedom and p, recomputes the tail "
    "probability for every value the "
    "rounding allows, and accepts one-tailed p where the text speaks of one-tailed tests.",
    limits="Sees only tests printed in the usual one-line form; corrected p-values are left alone when "
    "the sentence says so.",
    alarm_rate="published evaluations of the method give a specificity of 96 to 100 percent.",
    examine=examine,
)
