"""Small statistics that measured shares and rankings are reported with."""

from collections.abc import Sequence
from math import isnan, sqrt

from msgspec import Struct

Z_95 = 1.959964  # two-sided 95 %
LEAST_DRAWS = 40  # of a bootstrap; with fewer the ends of its interval are single draws


class Share(Struct, frozen=True):
    """`hits` of `total` cases."""

    hits: int
    total: int

    @property
    def rate(self) -> float:
        """Hits per case; zero without cases."""
        return self.hits / self.total if self.total else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval of the rate."""
        return wilson(self.hits, self.total)


class Rate(Struct, frozen=True, kw_only=True):
    """A share as it is written out: counts, rate and Wilson's 95 % interval."""

    hits: int
    total: int
    rate: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.rate:>8.3f}  [{self.low:.3f}, {self.high:.3f}]  {self.hits} of {self.total}"


def rate(hits: int, total: int) -> Rate:
    """The rate of `hits` in `total`, with its interval."""
    share = Share(hits, total)
    low, high = share.interval
    return Rate(hits=hits, total=total, rate=round(share.rate, 4), low=round(low, 4), high=round(high, 4))


def wilson(hits: int, total: int, z: float = Z_95) -> tuple[float, float]:
    """Wilson score interval of a share, within 0..1. Without cases nothing is known: (0, 1).

    It keeps its coverage near 0 and 1, where the textbook interval `p ± z·se` shrinks to a point.
    """
    if not 0 <= hits <= total:
        raise ValueError(f"{hits} hits of {total} cases is no share")
    if total == 0:
        return (0.0, 1.0)
    rate = hits / total
    middle = (rate + z * z / (2 * total)) / (1 + z * z / total)
    half = z / (1 + z * z / total) * sqrt(rate * (1 - rate) / total + z * z / (4 * total * total))
    return (max(0.0, middle - half), min(1.0, middle + half))


def auc(positives: Sequence[float], negatives: Sequence[float]) -> float:
    """Chance that a positive case scores higher than a negative one, ties counted half; nan without either."""
    if not positives or not negatives:
        return float("nan")
    places = ranks([*positives, *negatives])
    above = sum(places[: len(positives)]) - len(positives) * (len(positives) + 1) / 2
    return above / (len(positives) * len(negatives))


def ranks(values: Sequence[float]) -> list[float]:
    """Rank of each value from 1, equal values sharing their mean rank."""
    order = sorted(range(len(values)), key=lambda i: values[i])
    found = [0.0] * len(values)
    start = 0
    while start < len(order):
        end = start
        while end < len(order) and values[order[end]] == values[order[start]]:
            end += 1
        for i in order[start:end]:
            found[i] = (start + 1 + end) / 2
        start = end
    return found


def correlation(one: Sequence[float], other: Sequence[float]) -> float:
    """Pearson's correlation of paired values; nan for fewer than two pairs or a constant side."""
    if len(one) != len(other):
        raise ValueError("paired values must be equally many")
    if len(one) < 2:
        return float("nan")
    mean_one, mean_other = sum(one) / len(one), sum(other) / len(other)
    across = sum((a - mean_one) * (b - mean_other) for a, b in zip(one, other, strict=True))
    spread = sqrt(sum((a - mean_one) ** 2 for a in one) * sum((b - mean_other) ** 2 for b in other))
    return across / spread if spread else float("nan")


def rank_correlation(one: Sequence[float], other: Sequence[float]) -> float:
    """Spearman's correlation of paired values, ties at their mean rank."""
    return correlation(ranks(one), ranks(other))


class Estimate(Struct, frozen=True, kw_only=True):
    """A statistic with the 95 % percentile interval of its bootstrap; None where it cannot be computed."""

    value: float | None
    low: float | None = None
    high: float | None = None

    def __str__(self) -> str:
        if self.value is None:
            return f"{'-':>7}"
        interval = f" [{self.low:.2f}, {self.high:.2f}]" if self.low is not None and self.high is not None else ""
        return f"{self.value:>7.3f}{interval}"


def estimate(value: float, draws: Sequence[float]) -> Estimate:
    """`value` with the middle 95 % of its bootstrap draws; nan counts as no value."""
    found = sorted(d for d in draws if not isnan(d))
    if isnan(value):
        return Estimate(value=None)
    if len(found) < LEAST_DRAWS:
        return Estimate(value=round(value, 4))
    low, high = found[int(0.025 * len(found))], found[min(int(0.975 * len(found)), len(found) - 1)]
    return Estimate(value=round(value, 4), low=round(low, 4), high=round(high, 4))
