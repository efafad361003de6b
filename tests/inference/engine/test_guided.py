"""Constrained answers: only allowed tokens, closed in time, and a faulty grammar harms nobody else."""

import asyncio
import json
import time

import pytest
from jsonschema import validate

from inference.constrain import guidance
from inference.engine.request import Sampling
from tests.inference.constrain.sampled import tokenizer
from tests.inference.engine.rig import GREEDY, VOCABULARY, read, request, running


class Counting:
    """Allows 10 to 19, then ends; every sentence closes with 30 and 31, and 40 is always followed by 41 and 42."""

    def __init__(self, length: int = 5, *, forced: bool = False) -> None:
        self.length = length
        self.said: list[int] = []
        self.asks_forced = forced
        self.fails_at: int | None = None

    def mask(self, out):
        time.sleep(0.001)
        if len(self.said) == self.fails_at:
            raise ValueError("no such rule")
        allowed = [40] if self.asks_forced and not self.said else range(10, 20)
        for token in allowed:
            out[token // 32] |= 1 << (token % 32)
        return True

    def accept(self, token):
        assert token in {*range(10, 20), 30, 31, 40, 41, 42}
        self.said.append(token)

    def forced(self):
        return [41, 42] if self.said[-1:] == [40] else []

    @property
    def done(self):
        return len(self.said) >= self.length or self.said[-1:] == [31]

    @property
    def complete(self):
        return self.done

    def closing(self, budget):
        return [30, 31] if budget <= 2 else None

    def fork(self):
        return self


def _run(*requests):
    async def all_of_them():
        tickets = [engine.submit(each) for each in requests]
        return [(await read(ticket), ticket) for ticket in tickets]

    with running() as engine:
        answers = asyncio.run(all_of_them())
    return [([emitted.token for emitted in said], said, ticket) for said, ticket in answers]


def test_masks_hold_for_their_row_only_and_done_ends_the_answer():
    (guided, _, ticket), (free, _, _) = _run(
        request([5, 6], 30, Sampling(seed=1), constraint=Counting()), request([5, 6], 30, Sampling(seed=1))
    )
    assert len(guided) == 5
    assert all(10 <= token < 20 for token in guided)
    assert ticket.finish == "stop"
    assert not all(10 <= token < 20 for token in free)


@pytest.mark.parametrize("logprobs", [0, 1])
def test_an_answer_out_of_budget_is_closed(logprobs):
    sampling = Sampling(temperature=0.0, logprobs=logprobs)
    ((tokens, said, ticket),) = _run(request([5, 6], 4, sampling, constraint=Counting(50)))
    assert tokens[2:] == [30, 31]
    assert len(tokens) == 4
    assert ticket.finish == "stop"
    assert all((emitted.logprob is not None) == bool(logprobs) for emitted in said)
    assert ticket.forwards == (4 if logprobs else 3)


def test_forced_tokens_cost_no_forward_unless_their_logprobs_are_wanted():
    (quick, _, ticket), *_ = _run(request([5], 30, GREEDY, constraint=Counting(5, forced=True)))
    assert quick[:3] == [40, 41, 42]
    assert ticket.forwards == len(quick) - 2
    ((cut, _, ticket),) = _run(request([5], 30, GREEDY, eos_ids=frozenset({42}), constraint=Counting(5, forced=True)))
    assert cut == [40, 41]
    assert ticket.finish == "stop"


def test_a_faulty_grammar_ends_its_own_answer_as_an_error():
    faulty = Counting(50)
    faulty.fails_at = 3
    (broken, _, ticket), (fine, _, other) = _run(
        request([5], 30, constraint=faulty), request([5], 30, constraint=Counting(20))
    )
    assert (len(broken), ticket.finish) == (3, "error")
    assert (len(fine), other.finish) == (20, "stop")


def test_every_answer_under_a_schema_is_valid_however_it_is_batched_and_cut():
    vocabulary = guidance.Vocabulary(tokenizer(), VOCABULARY, [0])
    schema = {
        "type": "object",
        "properties": {
            "verdict": {"enum": ["accept", "reject"]},
            "why": {"type": "string", "maxLength": 200},
            "scores": {"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": 10}, "maxItems": 9},
        },
        "required": ["verdict", "why", "scores"],
        "additionalProperties": False,
    }
    asked = [
        request(
            [3 + number],
            90 + 7 * number,
            Sampling(temperature=1.0 + number % 3, seed=number, logprobs=number % 2),
            eos_ids=frozenset({0}),
            constraint=guidance.compile("json_schema", schema, vocabulary),
        )
        for number in range(12)
    ]
    for tokens, _, ticket in _run(*asked):
        assert ticket.finish == "stop"
        validate(json.loads(tokenizer().decode(tokens)), schema)
