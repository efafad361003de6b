"""Which passage of a new version stands where an earlier finding pointed: what shows that something was done."""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from review.checks.prose import sentences
from review.manuscript import Locator, Manuscript
from review.quotes import normalise
from review.report import Finding

REWRITTEN = 0.5  # likeness to the old passage from which a new sentence takes its place
LEAST_SHARED = 2  # telling words a sentence must share with a finding about something absent
STEM = 6  # characters by which words are compared, so that plurals and tenses agree
LEAST_WORD = 5  # characters of a telling word
LONGEST = 400  # characters of a passage that is shown

_WORD = re.compile(rf"[a-z]{{{LEAST_WORD},}}")
_COMMON = frozenset(
    word[:STEM]
    for word in re.findall(
        r"\w+",
        """about above after again against along already although always among another anything
        because become before being below between cannot could every everything first found given
        however itself least little missing needed never nothing other paper place point reader
        readers reported report results section shown since something stated states still such table
        their there therefore these thing things think those though through under until version
        where whether which while whole within without would write written""",
    )
)


def settling_passage(finding: Finding, old: Manuscript | None, new: Manuscript) -> Locator | None:
    """The sentence of the new text that takes the place of the finding's passage, or speaks of what was absent.

    Only sentences the old text does not have can settle anything; a letter is not looked at.
    """
    before = normalise(old.text) if old else ""
    fresh = [span for span in _prose(new) if normalise(new.text[slice(*span)]) not in before]
    score = _rewritten if finding.quote.strip() else _speaks_of
    rated = [(score(finding, new.text[start:end]), start, end) for start, end in fresh]
    best = max(rated, key=lambda r: (r[0], -r[1]), default=(0.0, 0, 0))
    return new.locate(best[1], min(best[2], best[1] + LONGEST)) if best[0] > 0 else None


def _prose(work: Manuscript) -> Iterator[tuple[int, int]]:
    for start, end in sentences(work.text, 0, len(work.text)):
        if end - start >= 20 and not any(r.start <= start < r.end for r in work.references):
            yield start, end


def _rewritten(finding: Finding, sentence: str) -> float:
    matcher = SequenceMatcher(None, normalise(finding.quote), normalise(sentence), autojunk=False)
    if matcher.real_quick_ratio() < REWRITTEN or matcher.quick_ratio() < REWRITTEN:
        return 0.0
    ratio = matcher.ratio()
    return ratio if ratio >= REWRITTEN else 0.0


def _speaks_of(finding: Finding, sentence: str) -> float:
    shared = _telling(f"{finding.claim} {finding.fix}") & _telling(sentence)
    return len(shared) if len(shared) >= LEAST_SHARED else 0.0


def _telling(text: str) -> set[str]:
    return {stem for word in _WORD.findall(normalise(text)) if (stem := word[:STEM]) not in _COMMON}
