"""How much wording two works share, from a sample of each: small enough to store, the same on every machine.

Runs of `RUN` words are hashed, and those hashes that are divisible by `KEEP` are kept. Which runs are kept depends on
the words alone, so the share of kept runs that another work has too estimates the share of all.
"""

import hashlib
import re
import unicodedata
from collections.abc import Collection

import msgspec
from msgspec import Struct

from review.manuscript import Manuscript
from review.report import Grounding, Recommendation

RUN = 8
KEEP = 16
FEWEST = 25  # kept runs, about 400 words: below, a share means nothing
SHARED = 0.2  # from here on a work is named
NEAR_DUPLICATE = 0.5
COMPARED = "An editor compares this work with others before it goes on."


class Sketch(Struct, frozen=True):
    """Kept runs by hash, each with the place (offsets) where it first stands."""

    places: dict[int, tuple[int, int]]

    @property
    def telling(self) -> bool:
        """Whether the text is long enough to compare."""
        return len(self.places) >= FEWEST


def sketch(manuscript: Manuscript) -> Sketch:
    """Sample the text outside the reference list. Hashes fit a signed 64-bit integer."""
    stop, resume = _list_of(manuscript)
    words = [m for m in re.finditer(r"[^\W_]+", manuscript.text) if not stop <= m.start() < resume]
    folded = [unicodedata.normalize("NFKC", m[0]).casefold() for m in words]
    places: dict[int, tuple[int, int]] = {}
    for n in range(len(words) - RUN + 1):
        key = _hash(" ".join(folded[n : n + RUN]))
        places.setdefault(key, (words[n].start(), words[n + RUN - 1].end()))
    return Sketch(places={key: place for key, place in places.items() if key % KEEP == 0})


def shared(own: Sketch, other: Collection[int]) -> tuple[float, tuple[int, int]]:
    """The share of `own` that `other` has, and the longest passage of own text whose kept runs all occur there."""
    if not own.places:
        return 0.0, (0, 0)
    there = set(other)
    hits = sum(key in there for key in own.places)
    best, run = (0, 0), (0, 0)
    for key, (start, end) in sorted(own.places.items(), key=lambda item: item[1]):
        run = (0, 0) if key not in there else (run[0] if run[1] else start, end)
        if run[1] - run[0] > best[1] - best[0]:
            best = run
    return hits / len(own.places), best


def kept_back(recommendation: Recommendation, grounding: Grounding | None) -> Recommendation:
    """The recommendation, or a hold where an unpublished work of somebody else says nearly the same.

    The reason is read by the author too, so it tells nothing of that work; editors find it in the round's grounding.
    """
    overlaps = (grounding.overlaps if grounding else None) or ()
    if not any(not o.ref and o.share >= NEAR_DUPLICATE for o in overlaps):
        return recommendation
    return msgspec.structs.replace(recommendation, outcome="hold", reasons=(COMPARED, *recommendation.reasons))


def _list_of(manuscript: Manuscript) -> tuple[int, int]:
    if not manuscript.references:
        return len(manuscript.text), len(manuscript.text)
    return manuscript.references[0].start, max(r.end for r in manuscript.references)


def _hash(words: str) -> int:
    return int.from_bytes(hashlib.blake2b(words.encode(), digest_size=8).digest(), "big", signed=True)
