"""Does the manuscript say what the reviewers quote? What cannot be shown is dropped or demoted, and counted."""

import asyncio
import re

import msgspec
from langgraph.runtime import Runtime

from agents.context import ReviewContext
from agents.state import ReviewState, plain
from review.comparison import ABSENCE
from review.manuscript import Locator, Manuscript
from review.quotes import MIN_QUOTE, find_quote, normalise
from review.report import Finding, Report, Side, Split

_QUOTED = re.compile(r"[“\"]([^“”\"]+)[”\"]")


async def check(state: ReviewState, runtime: Runtime[ReviewContext]) -> ReviewState:
    """Keep of every report what the manuscript supports."""
    manuscript = runtime.context.request.manuscript
    sources = frozenset(result["check"] for result in state["checks"]) | {ABSENCE}
    delivered = {role: msgspec.convert(raw, Report) for role, raw in state["answers"].items() if "absent" not in raw}
    return {
        "reports": {
            role: plain(await asyncio.to_thread(checked_report, report, manuscript, sources))
            for role, report in sorted(delivered.items())
        }
    }


def checked_report(report: Report, manuscript: Manuscript, check_ids: frozenset[str]) -> Report:
    """The report without claims whose quote the manuscript does not contain.

    A finding of a deterministic check may speak of something absent and keeps its weight without a quote; a
    reviewer's own finding without a quote becomes a note.
    """
    kept: list[Finding] = []
    dropped = list(report.dropped)
    for finding in report.weaknesses:
        if not finding.quote.strip():
            kept.append(finding if finding.source in check_ids else msgspec.structs.replace(finding, severity="note"))
        elif locator := _place(finding, manuscript):
            kept.append(msgspec.structs.replace(finding, locator=locator))
        else:
            dropped.append(f"{finding.claim} (the quoted passage is not in the manuscript)")
    strengths = []
    for strength in report.strengths:
        if invented := _invented(strength, manuscript):
            dropped.append(f"{strength} (the manuscript does not say “{invented}”)")
        else:
            strengths.append(strength)
    return msgspec.structs.replace(report, weaknesses=tuple(kept), strengths=tuple(strengths), dropped=tuple(dropped))


def checked_meta(report: Report, manuscript: Manuscript) -> Report:
    """The chair's report without quotes that the manuscript does not contain; a disagreement stays without them."""
    dropped = list(report.dropped)
    splits = []
    for split in report.splits:
        one, two = split.sides
        splits.append(
            Split(about=split.about, sides=(_shown(one, manuscript, dropped), _shown(two, manuscript, dropped)))
        )
    agreements = []
    for sentence in report.agreements:
        if invented := _invented(sentence, manuscript):
            dropped.append(f"{sentence} (the manuscript does not say “{invented}”)")
        else:
            agreements.append(sentence)
    return msgspec.structs.replace(
        report, splits=tuple(splits), agreements=tuple(agreements), dropped=tuple(dict.fromkeys(dropped))
    )


def _shown(side: Side, manuscript: Manuscript, dropped: list[str]) -> Side:
    if not side.quote or find_quote(manuscript, side.quote):
        return side
    dropped.append(f"“{side.quote}” (quoted for '{side.role}'; not in the manuscript)")
    return msgspec.structs.replace(side, quote="")


def _place(finding: Finding, manuscript: Manuscript) -> Locator | None:
    """Where the manuscript says it: at the place the finding names, which may be short, or anywhere else."""
    named = finding.locator
    if named is not None and normalise(finding.quote) in normalise(manuscript.text[named.start : named.end]):
        return named
    return find_quote(manuscript, finding.quote)


def _invented(sentence: str, manuscript: Manuscript) -> str:
    quotes = (q.strip() for q in _QUOTED.findall(sentence))
    return next((q for q in quotes if len(q) > 2 * MIN_QUOTE and find_quote(manuscript, q) is None), "")
