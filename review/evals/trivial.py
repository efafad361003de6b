"""Predictions that read nothing: counts of a paper, and the best that a straight line makes of them.

A reviewer that does not beat them has not shown that it reads.
"""

import re
from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from review.checks.prose import prose_sentences
from review.manuscript import Manuscript

WORDS_A_PAGE = 500  # for sources without pages
FOLDS = 10
LEAST_OF_EACH = 10  # accepted and rejected papers; with fewer, ten folds say nothing
PENALTY = 1.0  # ridge on standardised counts
STEPS = 30  # of Newton's method; a dozen are enough for eight weights


class Counts(Struct, frozen=True, kw_only=True):
    """The character count, and the seven counts that are called trivial."""

    characters: float
    pages: float
    references: float
    figures: float
    tables: float
    equations: float
    abstract_words: float
    sentence_words: float  # mean

    def named(self) -> dict[str, float]:
        """Every count by its name."""
        return {name: getattr(self, name) for name in self.__struct_fields__}


SEVEN: tuple[str, ...] = Counts.__struct_fields__[1:]


def counts(manuscript: Manuscript) -> Counts:
    """Count what anybody can without reading. Runs of blanks count as one character."""
    text = manuscript.text
    words = len(text.split())
    lengths = [len(text[s:e].split()) for s, e in prose_sentences(manuscript)]
    sentences = [n for n in lengths if n >= 3]
    return Counts(
        characters=len(" ".join(text.split())),
        pages=len(manuscript.pages) or words / WORDS_A_PAGE,
        references=len(manuscript.references),
        figures=sum(f.kind == "figure" for f in manuscript.floats),
        tables=sum(f.kind == "table" for f in manuscript.floats),
        equations=len(re.findall(r"(?m)\(\d{1,3}\)\s*$|\\begin\{(?:equation|align)|^\s*\$\$", text)),
        abstract_words=len(manuscript.abstract.split()),
        sentence_words=sum(sentences) / len(sentences) if sentences else 0.0,
    )


def combined(rows: Sequence[Counts], accepted: Sequence[bool]) -> tuple[float, ...] | None:
    """Chance of acceptance by a logistic regression on the seven counts, each paper judged by a fit without it.

    Ten folds in the order given, dealt out separately to accepted and rejected; None with too few papers of either.
    """
    if min(sum(accepted), len(accepted) - sum(accepted)) < LEAST_OF_EACH:
        return None
    table = np.array([[row.named()[name] for name in SEVEN] for row in rows], dtype=float)
    truth = np.array(accepted, dtype=float)
    fold = np.zeros(len(truth), dtype=int)
    for value in (0.0, 1.0):
        places = np.flatnonzero(truth == value)
        fold[places] = np.arange(len(places)) % FOLDS
    chance = np.zeros(len(truth))
    for k in range(FOLDS):
        train, held = fold != k, fold == k
        middle, spread = table[train].mean(axis=0), table[train].std(axis=0)
        spread[spread == 0] = 1.0
        weights = _fit(_design((table[train] - middle) / spread), truth[train])
        chance[held] = _logistic(_design((table[held] - middle) / spread) @ weights)
    return tuple(float(c) for c in chance)


def _design(table: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.hstack([np.ones((len(table), 1)), table])


def _logistic(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-np.clip(x, -30, 30))))


def _fit(design: NDArray[np.float64], truth: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weights of a logistic regression with a ridge penalty on all but the intercept, by Newton's method."""
    ridge = PENALTY * np.eye(design.shape[1])
    ridge[0, 0] = 1e-6
    weights = np.zeros(design.shape[1])
    for _ in range(STEPS):
        chance = _logistic(design @ weights)
        slope = design.T @ (truth - chance) - ridge @ weights
        curve = (design * (chance * (1 - chance))[:, None]).T @ design + ridge
        step = np.linalg.solve(curve, slope)
        weights = weights + step
        if float(np.abs(step).max()) < 1e-8:
            break
    return weights
