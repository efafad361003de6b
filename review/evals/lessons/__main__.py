"""Teach the screen's linear model: `python -m review.evals.lessons [folder of the repository]`.

Writes `review/screening/likeness.json` and prints, for thresholds, the share of attacks and of harmless texts above it,
by folds of authors: each text is judged by a model that never saw a text of its author. Takes some minutes.
"""

import json
import sys
from base64 import b85encode
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from zlib import compress

import numpy as np
from numpy.typing import NDArray

from review.evals.attacks.phrases import LANGUAGES
from review.evals.lessons import Lesson, lessons, taught_hash
from review.screening.likeness import BUCKETS, features

Numbers = NDArray[np.float64]
FOLDS = 4
ROUNDS = 200
RATE = 0.3
DECAY = 2e-6  # of the squared weights, for each text
SMOOTH = 1e-4  # added to the share of texts that have a piece, before attacks and others are compared
EVERYDAY = 3.0  # how much all everyday prose counts beside all attacks; most of what a screen reads is of that kind
HONEST = 1.0  # and all honest texts that were written to look like attacks
AT_ONCE = 500  # texts a process is handed together
THRESHOLDS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


class Rows:
    """Texts as the model sees them: which buckets each has, in one long list."""

    def __init__(self, taught: list[Lesson]) -> None:
        with ProcessPoolExecutor() as processes:
            found = list(processes.map(_buckets, (lesson.text for lesson in taught), chunksize=AT_ONCE))
        self.sizes = np.array([len(f) for f in found])
        self.buckets = np.concatenate(found)
        self.row = np.repeat(np.arange(len(taught)), self.sizes)
        self.share = (1 / np.sqrt(self.sizes))[self.row]
        self.truth = np.array([lesson.attack for lesson in taught], dtype=float)
        self.kind = np.array([_kind(lesson) for lesson in taught])
        authors = sorted({lesson.author for lesson in taught})
        self.fold = np.array([authors.index(lesson.author) % FOLDS for lesson in taught])

    def weight(self, used: NDArray[np.bool_]) -> Numbers:
        """How much each text counts: all languages alike, and within one by what it is."""
        count = used.astype(float)
        for kind in np.unique(self.kind):
            own = self.kind == kind
            share = {"everyday": EVERYDAY, "honest": HONEST, "attack": 1.0}[kind.split()[1]]
            count = np.where(own, share * count / max(float(count[own].sum()), 1.0), count)
        return np.asarray(count / count.sum())


def main() -> None:
    """Measure by folds, then learn from everything and write the weights."""
    taught = lessons(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
    rows = Rows(taught)
    print(f"{int(rows.truth.sum())} passages of attacks, {int((1 - rows.truth).sum())} harmless ones", flush=True)
    judged = np.zeros(len(taught))
    for fold in range(FOLDS):
        weights, bias = learn(rows, rows.fold != fold)
        judged = np.where(rows.fold == fold, judge(rows, weights, bias), judged)
    _tell(taught, judged)
    _write(*learn(rows, np.ones(len(taught), dtype=bool)))


def learn(rows: Rows, used: NDArray[np.bool_]) -> tuple[Numbers, float]:
    """Weights of a logistic regression, by Adam over all rows.

    Each piece is scaled by how differently often attacks and other texts have it (Wang and Manning 2012, NBSVM).
    """
    weights, bias = np.zeros(BUCKETS), 0.0
    count = rows.weight(used)
    scale = _log_ratio(rows, count)
    share = rows.share * scale[rows.buckets]
    first, second = np.zeros(BUCKETS + 1), np.zeros(BUCKETS + 1)
    for step in range(1, ROUNDS + 1):
        error = (judge(rows, weights * scale, bias) - rows.truth) * count
        slope = np.bincount(rows.buckets, error[rows.row] * share, BUCKETS) + DECAY * weights
        whole = np.append(slope, error.sum())
        first, second = 0.9 * first + 0.1 * whole, 0.99 * second + 0.01 * whole**2
        move = RATE * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.99**step)) + 1e-8)
        move *= 1 - step / (ROUNDS + 1)
        weights, bias = weights - move[:-1], bias - float(move[-1])
    return weights * scale, bias


def _log_ratio(rows: Rows, count: Numbers) -> Numbers:
    """For each bucket, how far apart its shares among attacks and among other texts are; 1 on average."""
    weight = count[rows.row]
    shares = []
    for truth in (rows.truth, 1 - rows.truth):
        shares.append(np.bincount(rows.buckets, weight * truth[rows.row], BUCKETS) / (count * truth).sum())
    apart = np.abs(np.log((shares[0] + SMOOTH) / (shares[1] + SMOOTH)))
    return np.asarray(apart / apart[apart > 0].mean())


def judge(rows: Rows, weights: Numbers, bias: float) -> Numbers:
    """The model's word on each row."""
    total = np.bincount(rows.row, weights[rows.buckets] * rows.share, len(rows.sizes)) + bias
    return np.asarray(1 / (1 + np.exp(-np.clip(total, -30, 30))))


def _buckets(text: str) -> NDArray[np.int64]:
    return np.fromiter(features(text), dtype=np.int64)


def _kind(lesson: Lesson) -> str:
    truth = "attack" if lesson.attack else "everyday" if lesson.prose else "honest"
    return f"{lesson.language} {truth}"


def _tell(taught: list[Lesson], judged: Numbers) -> None:
    print("share above a threshold, by authors left out:", "".join(f"{t:>8}" for t in THRESHOLDS))
    for truth in ("attack", "honest", "everyday"):
        _line(truth, judged[[_kind(lesson).endswith(truth) for lesson in taught]])
    for language in LANGUAGES:
        for truth in ("attack", "honest"):
            _line(f"{language} {truth}", judged[[_kind(lesson) == f"{language} {truth}" for lesson in taught]])


def _line(name: str, judged: Numbers) -> None:
    print(f"{name:<28}{len(judged):>6}      ", "".join(f"{(judged > t).mean():>8.1%}" for t in THRESHOLDS))


def _write(weights: Numbers, bias: float) -> None:
    scale = float(np.abs(weights).max()) / 127
    buckets = np.round(weights / scale).astype(int) + 128
    packed = b85encode(compress(bytes(buckets.tolist()), 9)).decode()
    data = {"taught": taught_hash(), "bias": round(bias, 6), "scale": scale, "buckets": packed}
    target = Path(__file__).parents[2] / "screening" / "likeness.json"
    target.write_text(json.dumps(data) + "\n", encoding="utf-8")
    print(f"{target.name}: {target.stat().st_size // 1024} KB, {int((buckets != 128).sum())} buckets in use")


if __name__ == "__main__":
    main()
