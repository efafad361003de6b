"""Words that stand in the text but not as words: encoded, turned, letter-spaced, in foreign letters, cut by marks."""

from collections.abc import Iterator

from review.manuscript import Locator, Manuscript
from review.quotes import normalise
from review.report import ScreenFinding
from review.screening.decode import (
    Decoded,
    decoded,
    direction_overrides,
    mixed_script_words,
    smuggled,
    word_breakers,
)
from review.screening.hidden import MAX_SHOWN, is_prose, order_in
from review.screening.intent import intent_of, squeezed_intent
from review.screening.lexicon import function_words_in
from review.screening.likeness import likeness
from review.screening.turned import turned_passages

ENCODED_INTENT = 1.5  # readable words under an encoding need little more to be strange
ENCODED_LIKENESS = 0.6
ENCODED_WORDS = 4  # function words of a sentence
SPACED_INTENT = 1.0
MIXED_WORDS = 2


def disguised_findings(manuscript: Manuscript, unquoted: str, hidden: str) -> Iterator[ScreenFinding]:
    """Findings of this kind; what `hidden` (normalised) already holds is not reported twice.

    `unquoted` is the text with its quotations overwritten: what others wrote may look strange there.
    """
    text = manuscript.text
    for inner in decoded(text):
        if normalise(inner.text) not in hidden:
            yield from _encoded(manuscript, inner, quoted=inner.source not in unquoted)
    for inner in smuggled(text):
        order = order_in(inner.text)
        kind = "encoded_instruction" if order else "invisible_characters"
        reason = f"Invisible characters ({inner.encoding}) spell out text{' that gives orders' if order else ''}."
        yield _finding(manuscript, inner, kind, 0.9 if order else 0.6, reason)
    for inner in turned_passages(unquoted):
        reason = f"A passage is readable only in {inner.encoding}: “{inner.text[:80].strip()}”."
        yield _finding(manuscript, inner, "encoded_text", 0.5, reason)
    mixed = mixed_script_words(unquoted)
    if len(mixed) >= MIXED_WORDS:
        reason = f"{len(mixed)} words mix letters of two alphabets that look alike, such as “{mixed[0]}”."
        yield _finding(manuscript, Decoded("look-alikes", " ".join(mixed), mixed[0]), "look_alike", 0.5, reason)
    broken = word_breakers(text)
    if broken >= 10:
        reason = f"{broken} invisible characters stand inside words, where they only hide the words from a search."
        yield ScreenFinding(kind="invisible_characters", carrier="zero_width", text="", reason=reason, weight=0.5)
    for passage in direction_overrides(text)[:5]:
        reason = "Characters that reverse the reading direction make the text read differently than it is stored."
        yield _finding(manuscript, Decoded("bidi", passage, passage), "direction_override", 0.5, reason)


def _encoded(manuscript: Manuscript, inner: Decoded, *, quoted: bool) -> Iterator[ScreenFinding]:
    order = order_in(inner.text)
    if quoted and (not order or inner.encoding == "spaced letters"):
        return
    if inner.encoding == "spaced letters":
        meant = squeezed_intent(inner.text)
        if meant.weight >= SPACED_INTENT:
            reason = f"Letters set apart by blanks spell words about judging: {meant.shown}."
            yield _finding(manuscript, inner, "encoded_text", 0.5, reason)
    elif order:
        reason = f"Text under {inner.encoding} gives orders: {order}."
        yield _finding(manuscript, inner, "encoded_instruction", 0.85, reason)
    elif intent_of(inner.text).weight >= ENCODED_INTENT or (
        not _in_link(manuscript, inner) and (_sentence(inner.text) or likeness(inner.text) >= ENCODED_LIKENESS)
    ):
        yield _finding(manuscript, inner, "encoded_text", 0.5, f"Sentences stand in the text under {inner.encoding}.")


def _sentence(text: str) -> bool:
    return is_prose(text, "encoded") or len(function_words_in(text)) >= ENCODED_WORDS


def _in_link(manuscript: Manuscript, inner: Decoded) -> bool:
    """Whether the source is part of a web address, where blanks must be escaped."""
    at = manuscript.text.find(inner.source)
    return "://" in manuscript.text[max(0, at - 120) : at + len(inner.source)].rsplit(" ", 1)[-1]


def _finding(manuscript: Manuscript, inner: Decoded, kind: str, weight: float, reason: str) -> ScreenFinding:
    at = manuscript.text.find(inner.source)
    place: Locator | None = manuscript.locate(at, at + len(inner.source)) if at >= 0 else None
    return ScreenFinding(
        kind=kind,
        carrier=inner.encoding,
        text=inner.text[:MAX_SHOWN],
        reason=reason,
        weight=weight,
        page=place.page if place else None,
        locator=place,
    )
