"""Whether a judge still scores as it did: its recent scores beside its earlier ones.

A shift says that judge, prompts or the works that come in have changed; it does not say which.
"""

from collections.abc import Sequence
from datetime import datetime
from statistics import fmean, variance

from msgspec import Struct

LEAST = 20  # scores on either side from which a shift is measured
RECENT = 50  # scores that count as recent when nothing is said


class JudgeKey(Struct, frozen=True, kw_only=True):
    """Which scores may be compared: one judge with one model, prompt and rubric, as reviewer or as chair."""

    judge: str
    model: str
    prompt_hash: str
    rubric_hash: str
    chair: bool


class JudgeScore(Struct, frozen=True, kw_only=True):
    """One overall score, 1..10."""

    key: JudgeKey
    overall: float
    at: datetime


class Drift(Struct, frozen=True, kw_only=True):
    """Recent scores of one judge beside earlier ones. Without enough of them only the counts and `note` are told."""

    key: JudgeKey
    earlier: int
    recent: int
    since: datetime | None  # when the first recent score was given
    earlier_mean: float | None = None
    recent_mean: float | None = None
    shift: float | None = None  # recent minus earlier mean
    low: float | None = None  # 95 % interval of the shift, Welch's
    high: float | None = None
    cliffs_delta: float | None = None  # -1..1: how much likelier a recent score is the higher one than the lower
    ks: float | None = None  # greatest distance of the two distributions
    ks_p: float | None = None
    drifted: bool = False  # the interval leaves zero out and the distributions differ at 0.01
    note: str = ""


def measure(scores: Sequence[JudgeScore], recent: int = RECENT) -> tuple[Drift, ...]:
    """The drift of every judge, those with most scores first; the last `recent` scores are the recent ones."""
    by_key: dict[JudgeKey, list[JudgeScore]] = {}
    for score in sorted(scores, key=lambda s: s.at):
        by_key.setdefault(score.key, []).append(score)
    found = (_drift(key, given, recent) for key, given in by_key.items())
    return tuple(sorted(found, key=lambda d: -(d.earlier + d.recent)))


def _drift(key: JudgeKey, given: Sequence[JudgeScore], recent: int) -> Drift:
    split = max(0, len(given) - recent)
    old, new = [s.overall for s in given[:split]], [s.overall for s in given[split:]]
    since = given[split].at if new else None
    if min(len(old), len(new)) < LEAST:
        note = f"Too few scores: {len(old)} earlier and {len(new)} recent, {LEAST} of each are needed."
        return Drift(key=key, earlier=len(old), recent=len(new), since=since, note=note)
    low, high = _interval(old, new)
    ks, p = _kolmogorov_smirnov(old, new)
    return Drift(
        key=key,
        earlier=len(old),
        recent=len(new),
        since=since,
        earlier_mean=round(fmean(old), 3),
        recent_mean=round(fmean(new), 3),
        shift=round(fmean(new) - fmean(old), 3),
        low=round(low, 3),
        high=round(high, 3),
        cliffs_delta=round(cliffs_delta(old, new), 3),
        ks=round(ks, 3),
        ks_p=float(f"{p:.2g}"),
        drifted=(low > 0 or high < 0) and p < 0.01,
    )


def cliffs_delta(old: Sequence[float], new: Sequence[float]) -> float:
    """Chance that a new score is the higher one minus the chance that it is the lower one."""
    return sum((b > a) - (b < a) for a in old for b in new) / (len(old) * len(new))


def _interval(old: Sequence[float], new: Sequence[float]) -> tuple[float, float]:
    """Welch's 95 % interval of the difference of means."""
    from scipy.stats import t

    parts = [variance(side) / len(side) for side in (old, new)]
    error = sum(parts) ** 0.5
    shift = fmean(new) - fmean(old)
    if error == 0:
        return shift, shift
    freedom = sum(parts) ** 2 / sum(p * p / (len(side) - 1) for p, side in zip(parts, (old, new), strict=True))
    half = float(t.ppf(0.975, freedom)) * error
    return shift - half, shift + half


def _kolmogorov_smirnov(old: Sequence[float], new: Sequence[float]) -> tuple[float, float]:
    from scipy.stats import ks_2samp

    result = ks_2samp(old, new)
    return float(result.statistic), float(result.pvalue)


def table(drifts: Sequence[Drift]) -> str:
    """The result as lines for a terminal."""
    if not drifts:
        return "No judge has given a score yet."
    counts = f"{'judge':<34}{'prompt':<10}{'earlier':>8}{'recent':>8}"
    head = f"{counts}{'shift':>8}  {'95 % interval':<18}{'delta':>7}{'KS p':>9}"
    return "\n".join([head, *(_line(d) for d in drifts)])


def _line(drift: Drift) -> str:
    key = drift.key
    name = f"{key.judge} {key.model}{' (chair)' if key.chair else ''}"
    counts = f"{name[:33]:<34}{key.prompt_hash[:8] or '-':<10}{drift.earlier:>8}{drift.recent:>8}"
    if drift.shift is None:
        return f"{counts}  {drift.note}"
    interval = f"[{drift.low:+.2f}, {drift.high:+.2f}]"
    mark = "  drifted" if drift.drifted else ""
    return f"{counts}{drift.shift:>+8.2f}  {interval:<18}{drift.cliffs_delta:>+7.2f}{drift.ks_p:>9.2g}{mark}"
