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

from review.layout import Layout
from review.report import ScreenFinding
from review.screening.hidden import MAX_SHOWN
from review.screening.visibility import hidden_runs

Vectors = Mapping[str, Sequence[float]]
MOST_PASSAGES = 64  # suspects of one manuscript that are worth a vector
LONGEST = 600  # characters of a passage; an encoder of sentences reads no further
FEWEST_LETTERS = 12
NEAR = 0.40  # cosine to an intent that makes a passage worth a finding
MARGIN = 0.10  # by which it must be nearer to an intent than to any everyday text


def passages(layout: Layout) -> tuple[str, ...]:
    """Texts that need a vector: what a reader of the pages does not see, and what it is compared with; maybe none."""
    suspect = [text for _, text, _ in _suspects(layout)]
    return (*_described("intents"), *_described("everyday"), *suspect) if suspect else ()


def semantic_findings(layout: Layout, vectors: Vectors) -> Iterator[ScreenFinding]:
    """Findings in passages whose vector is near to an intent; a passage without a vector is not judged."""
    for carrier, text, page in _suspects(layout):
        vector = vectors.get(text)
        if vector is None:
            continue
        intent, near = _nearest(vector, "intents", vectors)
        _, usual = _nearest(vector, "everyday", vectors)
        if near >= NEAR and near - usual >= MARGIN:
            yield ScreenFinding(
                kind="semantic",
                carrier=carrier,
                text=text[:MAX_SHOWN],
                reason=f"In meaning this is near to “{intent}” (likeness {near:.2f}).",
                weight=0.45,
                page=page,
            )


def _suspects(layout: Layout) -> list[tuple[str, str, int | None]]:
    found: list[tuple[str, str, int | None]] = [
        (run.carrier, run.text[:LONGEST], run.page) for run in hidden_runs(layout)
    ]
    for side in layout.side_texts:
        found += [(side.carrier, line[:LONGEST], side.page) for line in side.text.splitlines()]
    long_enough = [f for f in dict.fromkeys(found) if sum(c.isalpha() for c in f[1]) >= FEWEST_LETTERS]
    return long_enough[:MOST_PASSAGES]


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
