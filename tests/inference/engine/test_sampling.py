"""Sampling against the definitions, on logits made for the purpose."""

from collections import Counter
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.engine.request import Sampling
from inference.engine.sampling import CANDIDATES, Row, sample, sample_together, uniform

LIKELY = [0.5, 0.2, 0.15, 0.1, 0.05]


def _tally(sampling: Sampling, logits: torch.Tensor, draws: int = 400) -> Counter[int]:
    rows = [Row(sampling, seed=3, place=place) for place in range(draws)]
    return Counter(each.token for each in sample(logits.repeat(draws, 1), rows, [None] * draws))


def _next(logits: list[float], row: Row, mask: Any = None) -> int:
    return sample(torch.tensor([logits]), [row], [mask])[0].token


@pytest.mark.parametrize(
    ("options", "allowed"),
    [
        ({}, {0, 1, 2, 3, 4}),
        ({"top_k": 2}, {0, 1}),
        ({"top_p": 0.69}, {0, 1}),
        ({"top_p": 0.71}, {0, 1, 2}),
        ({"top_p": 0.01}, {0}),
        ({"min_p": 0.25}, {0, 1, 2}),
        ({"top_k": 3, "top_p": 0.8}, {0, 1}),  # 0.2 / 0.85 and 0.5 / 0.85 are 0.82 of what top-k leaves
        ({"temperature": 0.0}, {0}),
        ({"temperature": 1e-40}, {0}),
    ],
)
def test_only_what_the_limits_leave_is_drawn(options, allowed):
    assert set(_tally(Sampling(**options), torch.tensor([LIKELY]).log())) == allowed


def test_draws_follow_the_probabilities_and_the_temperature():
    drawn = _tally(Sampling(), torch.tensor([LIKELY]).log(), 4000)
    assert abs(drawn[0] / 4000 - 0.5) < 0.03
    assert abs(drawn[4] / 4000 - 0.05) < 0.015
    hot = _tally(Sampling(temperature=100.0), torch.tensor([LIKELY]).log(), 4000)
    assert all(abs(hot[token] / 4000 - 0.2) < 0.03 for token in range(5))


def test_top_p_is_right_beyond_the_candidates_it_looks_at_first():
    size = 3 * CANDIDATES
    drawn = _tally(Sampling(top_p=0.5), torch.linspace(1e-3, 0, size).unsqueeze(0), 300)
    assert CANDIDATES + 256 < max(drawn) < size // 2 + 8


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_row_is_drawn_as_if_it_were_alone(data):
    options = st.builds(
        Sampling,
        temperature=st.sampled_from([0.0, 0.7, 2.0]),
        top_p=st.sampled_from([0.3, 0.9, 1.0]),
        top_k=st.sampled_from([0, 1, 5]),
        min_p=st.sampled_from([0.0, 0.1]),
        repetition_penalty=st.sampled_from([1.0, 1.3]),
        frequency_penalty=st.sampled_from([0.0, 0.5]),
        logit_bias=st.sampled_from([{}, {3: 5.0}]),
        logprobs=st.sampled_from([0, -1, 2]),
    )
    samplings = data.draw(st.lists(options, min_size=1, max_size=6))
    logits = torch.randn(len(samplings), 40, generator=torch.Generator().manual_seed(data.draw(st.integers(0, 99))))
    masks = [data.draw(st.sampled_from([None, torch.tensor([0b1011000, 1], dtype=torch.int32)])) for _ in samplings]

    def rows() -> list[Row]:
        return [Row(each, seed, np.arange(9), Counter({2: 1, 7: 3}), place=seed) for seed, each in enumerate(samplings)]

    together = sample_together(logits.clone(), rows(), masks)
    for index, row in enumerate(rows()):
        assert sample(logits[index : index + 1].clone(), [row], [masks[index]])[0] == together[index]
        if masks[index] is not None:
            assert together[index].token in {3, 4, 6, 32}


def test_penalties_and_bias_mean_what_openai_and_transformers_mean():
    greedy = {"temperature": 0.0}
    assert _next([2.0, 1.5, 0.0], Row(Sampling(**greedy), 0, said=Counter({0: 3}))) == 0
    assert _next([2.0, 1.5, 0.0], Row(Sampling(**greedy, presence_penalty=0.6), 0, said=Counter({0: 3}))) == 1
    assert _next([2.0, 1.1, 0.0], Row(Sampling(**greedy, presence_penalty=0.6), 0, said=Counter({0: 3}))) == 0
    assert _next([2.0, 1.1, 0.0], Row(Sampling(**greedy, frequency_penalty=0.4), 0, said=Counter({0: 3}))) == 1
    repeated = Sampling(**greedy, repetition_penalty=2.0)
    assert _next([2.0, 1.5, 0.0], Row.begin(repeated, 0, [0, 0])) == 1, "tokens of the prompt count once"
    assert _next([-0.5, -0.9, -3.0], Row.begin(repeated, 0, [0])) == 1, "negative logits are made smaller too"
    assert _next([2.0, 1.5, 0.0], Row(Sampling(**greedy, logit_bias={2: 3.0}), 0)) == 2
    assert _next([2.0, 1.5, 0.0], Row(Sampling(**greedy, logit_bias={0: -100.0}), 0)) == 1


def test_logprobs_are_the_models_own():
    logits = torch.tensor([LIKELY, LIKELY]).log()
    rows = [
        Row(Sampling(temperature=0.0, logit_bias={4: 50.0}, logprobs=2), 0),
        Row(Sampling(temperature=0.0, logprobs=-1), 0, fixed=3),
    ]
    biased, fixed = sample(logits.clone(), rows, [None, None])
    assert biased.token == 4
    assert biased.logprob == pytest.approx(torch.tensor(0.05).log().item())
    assert [token for token, _ in biased.top] == [0, 1]
    assert (fixed.token, fixed.top) == (3, ())
    assert fixed.logprob == pytest.approx(torch.tensor(0.1).log().item())


def test_uniform_numbers_are_even_over_places_and_seeds():
    for numbers in ([uniform(9, place) for place in range(2000)], [uniform(seed, 0) for seed in range(2000)]):
        assert 0 <= min(numbers) < 0.01 < 0.99 < max(numbers) < 1
        assert abs(sum(numbers) / 2000 - 0.5) < 0.03
        assert len(set(numbers)) == 2000
