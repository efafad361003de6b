"""Stage semantic: how near a suspect passage is to described intents, where somebody can measure that.

This module asks for nothing itself. `passages` says which texts need a vector, the caller has them measured, and
`semantic_findings` judges the distances. Passages are compared with what attackers want and with what authors and
colleagues say every day; only the difference counts, since any text about papers is near to both. The thresholds are
those of the bundled encoder, which knows English: a quarter of English tuning phrases is near enough, of others none.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from math import sqrt

from msgspec import Struct

from review.layout import Box, Layout
from review.report import ScreenFinding
from review.screening.hidden import MAX_SHOWN
from review.screening.likeness import likeness
from review.screening.visibility import hidden_runs

Vectors = Mapping[str, Sequence[float]]
MOST_PASSAGES = 64  # suspects of one manuscript that are worth a vector: those most like attacks
LONGEST = 600  # characters of a passage; an encoder of sentences reads no further
FEWEST_LETTERS = 12
NEAR = 0.40  # cosine to an intent that makes a passage worth a finding
MARGIN = 0.10  # by which it must be nearer to an intent than to any everyday text


def passages(layout: Layout) -> tuple[str, ...]:
    """Texts that need a vector: what a reader of the pages does not see, and what it is compared with; maybe none."""
    texts = [suspect.text for suspect in _suspects(layout)]
    return (*_described("intents"), *_described("everyday"), *texts) if texts else ()


def semantic_findings(layout: Layout, vectors: Vectors) -> Iterator[ScreenFinding]:
    """Findings in passages whose vector is near to an intent; a passage without a vector is not judged."""
    for suspect in _suspects(layout):
        vector = vectors.get(suspect.text)
        if vector is None:
            continue
        intent, near = _nearest(vector, "intents", vectors)
        _, usual = _nearest(vector, "everyday", vectors)
        if near >= NEAR and near - usual >= MARGIN:
            yield ScreenFinding(
                kind="semantic",
                carrier=suspect.carrier,
                text=suspect.text[:MAX_SHOWN],
                reason=f"In meaning this is near to “{intent}” (likeness {near:.2f}).",
                weight=0.45,
                page=suspect.page,
                box=suspect.box,
            )


class _Suspect(Struct, frozen=True):
    carrier: str
    text: str
    page: int | None
    box: Box | None = None


def _suspects(layout: Layout) -> list[_Suspect]:
    found = [_Suspect(run.carrier, run.text[:LONGEST], run.page, run.box) for run in hidden_runs(layout)]
    for side in layout.side_texts:
        found += [_Suspect(side.carrier, line[:LONGEST], side.page) for line in side.text.splitlines()]
    long_enough = [one for one in dict.fromkeys(found) if sum(c.isalpha() for c in one.text) >= FEWEST_LETTERS]
    return sorted(long_enough, key=lambda one: -likeness(one.text))[:MOST_PASSAGES]


def _nearest(vector: Sequence[float], kind: str, vectors: Vectors) -> tuple[str, float]:
    known = [(text, _cosine(vector, vectors[text])) for text in _described(kind) if text in vectors]
    return max(known, key=lambda pair: pair[1], default=("", 0.0))


def _cosine(one: Sequence[float], other: Sequence[float]) -> float:
    across = sum(a * b for a, b in zip(one, other, strict=True))
    size = sqrt(sum(a * a for a in one)) * sqrt(sum(b * b for b in other))
    return across / size if size else 0.0


@lru_cache(maxsize=2)
def _described(kind: str) -> tuple[str, ...]:
    data = tomllib.loads(files("review.screening").joinpath("semantic.toml").read_text(encoding="utf-8"))
    return tuple(data[kind])
