"""A version against its predecessor: what became of every earlier finding, and which version is better.

Nothing here reads a response letter as proof. A letter can turn silence into a dispute; what resolves a finding is a
passage of the new text, with or without a letter, and a defect that is still there stays whatever the letter says.
"""

from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Literal

from msgspec import Struct

from review.manuscript import Locator, Manuscript
from review.passages import settling_passage
from review.quotes import find_quote, normalise
from review.report import (
    SEVERITIES,
    CheckResult,
    Comparison,
    Finding,
    FindingResolution,
    PairwiseOpinion,
    Resolution,
    ResponseLetter,
)

SAME_CLAIM = 0.85  # similarity of two claims of one source from which they speak of one defect
WEIGHT = {"critical": 8.0, "major": 4.0, "minor": 1.0, "note": 0.0}
ABSENCE = "completeness"  # source of findings about parts a work needs and lacks
OPEN: frozenset[Resolution] = frozenset({"not_resolved", "disputed"})


class Outlook(Struct, frozen=True, kw_only=True):
    """One earlier finding seen from the new version: the finding that repeats it, if any, and the author's answer."""

    repeated: Finding | None
    answer: str
    check: CheckResult | None  # the new run of the check that made it; None when a reviewer made it
    settles: Locator | None = None  # passage of the new text that takes the old one's place, or fills the gap


def compare_versions(
    *,
    earlier: Sequence[Finding],
    new: Manuscript,
    findings: Sequence[Finding],
    checks: Sequence[CheckResult],
    letter: ResponseLetter | None,
    opinions: tuple[PairwiseOpinion, ...],
    old: Manuscript | None = None,
) -> Comparison:
    """Put a comparison together from the new text, the new findings and the opinions of the judge."""
    resolutions, fresh = resolve(earlier, new=new, findings=findings, checks=checks, letter=letter, old=old)
    verdict = pairwise_verdict(opinions)
    return Comparison(
        verdict=verdict,
        opinions=opinions,
        resolutions=resolutions,
        new_findings=fresh,
        summary=_summary(verdict, resolutions, fresh, opinions),
    )


def resolve(
    earlier: Sequence[Finding],
    *,
    new: Manuscript,
    findings: Sequence[Finding],
    checks: Sequence[CheckResult],
    letter: ResponseLetter | None,
    old: Manuscript | None = None,
) -> tuple[tuple[FindingResolution, ...], tuple[Finding, ...]]:
    """What became of each earlier finding, and the findings that no earlier one explains.

    With the old text, only what it does not say already can settle a finding.
    """
    answers = letter.answers if letter else {}
    by_check = {c.check: c for c in checks}
    repeats = _repeats(earlier, findings)
    resolutions = tuple(
        _resolution(
            finding,
            new,
            Outlook(
                repeated=repeats.get(finding.id),
                answer=answers.get(finding.id, "").strip(),
                check=by_check.get(finding.source),
                settles=settling_passage(finding, old, new),
            ),
        )
        for finding in earlier
    )
    explained = {repeated.id for repeated in repeats.values()}
    return resolutions, tuple(f for f in findings if f.id not in explained)


def pairwise_verdict(opinions: Sequence[PairwiseOpinion]) -> Literal["better", "tie", "worse"]:
    """Better or worse only when every look agrees, in both orders and with and without the letter."""
    preferred = {o.preferred for o in opinions}
    if preferred == {"new"}:
        return "better"
    if preferred == {"old"}:
        return "worse"
    return "tie"


def burden(findings: Sequence[Finding]) -> float:
    """How much a set of findings weighs; never smaller when a finding is added."""
    return sum(WEIGHT[f.severity] for f in findings)


def _repeats(earlier: Sequence[Finding], findings: Sequence[Finding]) -> dict[str, Finding]:
    """Which new finding repeats which earlier one. Equal passages are paired before claims that only sound alike."""
    left = list(findings)
    pairs: dict[str, Finding] = {}
    for same in (_same_passage, _same_claim, _alike):
        for finding in earlier:
            if finding.id in pairs:
                continue
            match = next((c for c in left if c.source == finding.source and same(finding, c)), None)
            if match is not None:
                pairs[finding.id] = match
                left.remove(match)
    return pairs


def _same_passage(one: Finding, other: Finding) -> bool:
    return bool(one.quote) and normalise(one.quote) == normalise(other.quote)


def _same_claim(one: Finding, other: Finding) -> bool:
    return one.claim == other.claim


def _alike(one: Finding, other: Finding) -> bool:
    return SequenceMatcher(None, one.claim, other.claim).ratio() >= SAME_CLAIM


def _resolution(finding: Finding, new: Manuscript, outlook: Outlook) -> FindingResolution:
    quote, locator = finding.quote, find_quote(new, finding.quote) if finding.quote else None
    if outlook.repeated is not None:
        resolution, evidence = _still_found(finding, outlook.repeated, outlook.answer)
        quote = outlook.repeated.quote
        locator = outlook.repeated.locator or (find_quote(new, quote) if quote else None)
    elif finding.source == ABSENCE:
        resolution, evidence = "resolved", "The part that was missing is there."
    elif outlook.check is not None:
        resolution, evidence = _check_is_silent(outlook.check)
    else:
        resolution, evidence = _reviewer_is_silent(finding, outlook, still_there=locator is not None)
    settles = outlook.settles
    if settles is not None and (resolution == "resolved" or locator is None):
        quote, locator = new.text[settles.start : settles.end], settles
    return FindingResolution(
        finding=finding,
        resolution=resolution,
        answer=outlook.answer,
        evidence=evidence,
        quote=quote if locator is not None else "",
        locator=locator,
    )


def _still_found(finding: Finding, repeated: Finding, answer: str) -> tuple[Resolution, str]:
    if SEVERITIES.index(repeated.severity) > SEVERITIES.index(finding.severity):
        return "partly", f"Found again, now as {repeated.severity} instead of {finding.severity}: {repeated.claim}"
    if answer:
        return "disputed", f"The author answered, but the new text shows it still: {repeated.claim}"
    return "not_resolved", f"The new text shows it still: {repeated.claim}"


def _check_is_silent(check: CheckResult) -> tuple[Resolution, str]:
    if check.status in ("passed", "found"):
        return "resolved", f"The check '{check.title}' ran on the new text and no longer finds it. {check.summary}"
    return (
        "partly",
        f"The check '{check.title}' has nothing left to look at in the new text, so a repair cannot be shown.",
    )


def _reviewer_is_silent(finding: Finding, outlook: Outlook, *, still_there: bool) -> tuple[Resolution, str]:
    """A reviewer's finding that nobody repeats, by the text alone: an answer can dispute it and never resolve it."""
    if still_there:
        if outlook.answer:
            return "disputed", "The author answered, and the passage stands unchanged."
        return "not_resolved", "The passage stands unchanged and the response does not speak of it."
    if finding.quote:
        if outlook.settles is not None:
            return "resolved", "The passage was rewritten, and no reviewer repeats the finding."
        return "partly", "The passage is gone from the new text, and nothing there takes its place."
    if outlook.settles is not None:
        return "resolved", "The new text speaks of it, and no reviewer repeats the finding."
    if outlook.answer:
        return "disputed", "The author answered, and the new text shows no passage that settles it."
    return "not_resolved", "The response does not speak of it, and nothing in the new text settles it."


def _summary(
    verdict: str,
    resolutions: tuple[FindingResolution, ...],
    fresh: tuple[Finding, ...],
    opinions: tuple[PairwiseOpinion, ...],
) -> str:
    counts = {word: sum(r.resolution == word for r in resolutions) for word in ("resolved", "partly")}
    still_open = sum(r.resolution in OPEN for r in resolutions)
    agreeing = sum(o.preferred == "new" for o in opinions)
    word = {"better": "better than", "worse": "worse than", "tie": "not clearly different from"}[verdict]
    return (
        f"This version is {word} its predecessor: {agreeing} of {len(opinions)} looks prefer it. Of {len(resolutions)} "
        f"earlier findings {counts['resolved']} are resolved, {counts['partly']} partly, {still_open} stay open; "
        f"{len(fresh)} new ones appeared."
    )
