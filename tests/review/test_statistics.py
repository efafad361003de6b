"""Reported intervals and rankings agree with values known from elsewhere."""

from math import isnan

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from review.evals.statistics import Share, auc, rank_correlation, wilson


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_interval_is_the_one_of_scipy(case: tuple[int, int]) -> None:
    expected = stats.binomtest(*case).proportion_ci(0.95, method="wilson")
    assert wilson(*case) == pytest.approx((expected.low, expected.high), abs=1e-6)
    assert Share(*case).interval[0] <= Share(*case).rate + 1e-12


def test_no_cases_say_nothing_and_impossible_counts_are_refused() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    with pytest.raises(ValueError, match="no share"):
        wilson(3, 2)


@given(st.lists(st.integers(0, 9), min_size=1, max_size=30), st.lists(st.integers(0, 9), min_size=1, max_size=30))
def test_auc_counts_the_pairs(positives: list[int], negatives: list[int]) -> None:
    pairs = [(p > n) + (p == n) / 2 for p in positives for n in negatives]
    assert auc(positives, negatives) == pytest.approx(sum(pairs) / len(pairs))


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=3, max_size=40))
def test_rank_correlation_is_the_one_of_scipy(pairs: list[tuple[int, int]]) -> None:
    one, other = [p[0] for p in pairs], [p[1] for p in pairs]
    if len(set(one)) == 1 or len(set(other)) == 1:
        assert isnan(rank_correlation(one, other))
        return
    assert rank_correlation(one, other) == pytest.approx(stats.spearmanr(one, other).statistic, abs=1e-9)
