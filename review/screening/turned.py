"""Passages that are readable only backwards or in rot13: a cross-check of running text and of texts beside the page."""

import re
from collections.abc import Iterator

from review.screening.decode import Decoded, turned
from review.screening.intent import intent_of
from review.screening.lexicon import function_words_in
from review.screening.likeness import likeness

_PIECE = re.compile(r"(?<=[.!?。])\s+|\s+(?=[.!?。]\w)|\n")  # sentences, also those that run backwards
ENOUGH = ((1.5, 0.4, 0.25), (1.25, 0.85, 0.5))  # weight of `intent`, likeness, and how much more than unturned
FEW_LETTERS = 12  # letters of East Asian scripts count twice
WINDOW, STEP = 120, 40  # characters that are read together
FEW, MANY = 2, 4  # function words of text that is no prose, and of text that is


def turned_passages(text: str) -> Iterator[Decoded]:
    """Passages that are prose or wishes backwards or in rot13, and neither as they stand; the first one only."""
    for window in windows(text):
        if sum(c.isalpha() + (c >= "\u3040") for c in window) < FEW_LETTERS or len(function_words_in(window)) > FEW:
            continue
        for inner in turned(window):
            if inner.encoding == "reversed" and _runs_forward(window):
                continue
            if len(function_words_in(inner.text)) >= MANY and len(function_words_in(window)) < FEW:
                yield inner
                return
            if _wishes(inner.text, window):
                yield inner
                return


def _wishes(read: str, window: str) -> bool:
    """Whether a passage wants something of a judge when it is read so, and does not when it is read as it stands."""
    meant = intent_of(read).weight
    if meant < min(enough[0] for enough in ENOUGH) or intent_of(window).weight > meant - 1:
        return False
    much, plain = likeness(read), likeness(window)
    return any(meant >= intent and much >= least and much >= plain + more for intent, least, more in ENOUGH)


def windows(text: str) -> Iterator[str]:
    """Overlapping pieces of each paragraph, short enough that a passage fills one."""
    for part in re.split(r"\n\s*\n", text):
        last = max(len(part) - WINDOW + STEP, 1)
        yield from (part[at : at + WINDOW] for at in range(0, last, STEP))
        yield from (piece for piece in _PIECE.split(part) if len(piece) < WINDOW)


def _runs_forward(window: str) -> bool:
    """Whether capitals begin words and stops end them, as in Latin, which says much by chance when read backwards."""
    words = re.findall(r"[^\W\d_]{2,}", window)
    forward: int = sum(word.istitle() for word in words) + len(re.findall(r"\w[.,;:!?](?!\w)", window))
    backward: int = sum(word[::-1].istitle() for word in words) + len(re.findall(r"(?<!\w)[.,;:!?]\w", window))
    return forward > backward
