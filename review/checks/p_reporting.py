"""How p-values and significance are reported."""

import re

from review.checks.base import Check, Draft, Examined, nothing
from review.checks.prose import prose_sentences
from review.manuscript import Kind, Manuscript
from review.report import Severity

_ANY = re.compile(r"\bp(?:[- ]?values?)?\s*(?:=|<|>|≤|≥|of)\s*\d*\.?\d+", re.IGNORECASE)
# `p` of a statement about probability of something else (p = 97, p = 0.5 of dropout) is not a p-value.
_CONTEXT = re.compile(
    r"\b(?:significan\w+|tests?|anova|regression|hypothes[ie]s|wilcoxon|chi-squared?|correlat\w+|p-values?"
    r"|t\s?\(|F\s?\(|CI)\b",
    re.IGNORECASE,
)
_RULES: tuple[tuple[re.Pattern[str], str, Severity, str], ...] = (
    (
        re.compile(r"\bp\s*=\s*0?\.0{2,}(?!\d)", re.IGNORECASE),
        "A p-value is given as zero, which no test yields.",
        "minor",
        "Print p < .001, or the exact value.",
    ),
    (
        # Above 1 only right behind a statistic or called a p-value: p also is an exponent, a prime, a probability.
        re.compile(
            r"\bp\s*(?:<|≤)\s*0(?:\.0+)?(?![.\d])"
            r"|(?:\bp[- ]values?\s*(?:of|=|was|:)|[tzFrUWH2²)]\s*=\s*[-−–]?\d*\.?\d+\s*[,;]\s*p\s*[=>])\s*"
            r"(?:1\.\d*[1-9]|[2-9]\.\d+)(?!\d|\s?(?:[×x·*]\s?10|e[-−–]))",
            re.IGNORECASE,
        ),
        "A p-value lies outside 0 to 1.",
        "major",
        "Correct the value from the analysis output.",
    ),
    (
        re.compile(
            r"\b(?:marginal(?:ly)? significan\w+|approach(?:ed|ing|es) significance|trend(?:ed"
            r"|ing)? towards? significance"
            r"|almost significant|borderline significan\w+|nearly significant)",
            re.IGNORECASE,
        ),
        "A result that missed the chosen level is described as close to significant.",
        "minor",
        "State the exact p-value and interval, and treat the result as not significant.",
    ),
)

_BELOW = re.compile(r"\bp\s*<\s*0?\.0[15]\b", re.IGNORECASE)
# A statistic, an effect or an interval beside the level, or a sentence or a note that only says what the level is.
_CARRIED = re.compile(
    r"[tFzrχHUW]\s?\(|\b[ztdrgUWHβbBV]\s?=|[ηωχφ]\S{0,2}\s?=|\b(?:CI|OR|HR|RR|SE)\b|±|\*\s?p"
    r"|\b(?:considered|regarded|deemed|set (?:at|to)|threshold|level|denotes?|indicates?|criterion|cut-?off)\b"
)


def examine(manuscript: Manuscript, _kind: Kind) -> Examined:
    """Judge each sentence that reports a p-value or speaks of near significance."""
    drafts: list[Draft] = []
    seen = bare = 0
    first_bare: tuple[int, int] | None = None
    for span in prose_sentences(manuscript):
        sentence = manuscript.text[slice(*span)]
        reports = bool(_ANY.search(sentence) and _CONTEXT.search(sentence))
        near = bool(_RULES[2][0].search(sentence))
        if not (reports or near):
            continue
        seen += 1
        for pattern, claim, severity, fix in _RULES:
            if pattern.search(sentence):
                drafts.append(Draft(claim=claim, severity=severity, criterion="soundness", span=span, fix=fix))
        if _BELOW.search(sentence) and not _CARRIED.search(sentence):
            bare += 1
            first_bare = first_bare or span
    if bare >= 2 and first_bare:
        drafts.append(
            Draft(
                claim=f"{bare} p-values are given only as below a level, without statistic, effect size or interval.",
                severity="minor",
                criterion="soundness",
                span=first_bare,
                fix="Give the test, its statistic, the exact p-value and an effect size with an interval.",
            )
        )
    if not seen:
        return nothing("No p-value is reported.")
    return Examined(examined=seen, summary=f"{seen} sentences report significance.", drafts=tuple(drafts))


CHECK = Check(
    id="p-reporting",
    title="Significance is reported in full",
    method="Reads sentences with p-values: impossible values, p printed as zero, near misses called "
    "significant, and p given only "
    "as below a level.",
    limits="A letter p that means something else is skipped unless the sentence speaks of tests.",
    alarm_rate="no finding on the development papers, which report no test.",
    examine=examine,
)
