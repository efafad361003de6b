"""Two hundred impatient clients. The long form is `python -m benchmarks.inference.load`."""

import asyncio

import pytest

from benchmarks.inference.load import load, tiny_engine


def _tried(clients: int, seconds: float) -> dict:
    engine = tiny_engine()
    engine.start()
    try:
        found = asyncio.run(load(engine, clients, seconds))
    finally:
        engine.stop()
    assert found["wrong"] == []
    assert found["engine"]["alive"]
    assert found["engine"]["pages_held"] == 0
    assert found["engine"]["waiting"] == found["engine"]["running"] == 0
    return found


def test_impatient_clients_lose_nothing():
    answers = _tried(40, 0.5)["answers"]
    assert answers["cancelled"]
    assert answers["length"]


@pytest.mark.slow
def test_two_hundred_impatient_clients_lose_no_page_no_answer_and_no_memory():
    found = _tried(200, 20.0)
    assert found["answers"]["refused"], "the queue is bounded"
    assert found["engine"]["preemptions"] > 0
    assert found["memory_growth_mb"] < 60
