"""Answers do not depend on how they are computed, and whoever asks gets an answer, a refusal or an error."""

import asyncio
import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.engine.request import QueueFull, Sampling, TooLong
from tests.inference.engine.rig import GREEDY, VOCABULARY, answer, ask, plainly, read, request, running, tiny

MANUSCRIPT = [random.Random(1).randrange(3, VOCABULARY) for _ in range(70)]
PROMPTS = [
    [*MANUSCRIPT, 5, 6],
    [*MANUSCRIPT, 9],
    MANUSCRIPT[:64],
    MANUSCRIPT[:33],
    [7],
    [11, 12, 13, 14, 15, 16, 17, 18],
]


@pytest.fixture(scope="module")
def expected() -> list[list[int]]:
    """Computed without the engine."""
    return [plainly(tiny(), prompt, 12) for prompt in PROMPTS]


@settings(max_examples=12, deadline=None)
@given(
    page_size=st.sampled_from([1, 3, 8, 32]),
    chunk=st.sampled_from([6, 7, 24, 200]),
    order=st.permutations(range(len(PROMPTS))),
    running_at_once=st.integers(1, 6),
    room=st.sampled_from([90, 130, 1000]),
)
def test_greedy_answers_are_the_same_for_any_chunk_page_batch_and_room(
    expected, page_size, chunk, order, running_at_once, room
):
    answers = ask(
        [request(PROMPTS[index]) for index in order],
        page_size=page_size,
        pages=room // page_size + 4,
        max_batch_tokens=chunk,
        max_sequences=running_at_once,
    )
    assert answers == [expected[index] for index in order]


def test_a_found_beginning_and_a_preempted_answer_change_no_token(expected):
    with running(pages=22, max_sequences=6) as engine:
        first = asyncio.run(answer(engine, [request(prompt) for prompt in PROMPTS]))
        ticket_cached = []

        async def again() -> list[int]:
            ticket = engine.submit(request(PROMPTS[0]))
            tokens = [emitted.token for emitted in await read(ticket)]
            ticket_cached.append(ticket.cached_tokens)
            return tokens

        assert asyncio.run(again()) == expected[0]
        assert first == expected
        assert ticket_cached == [64] or engine.stats().evictions > 0
    tight = [request([3 + number] * 3, 40) for number in range(5)]
    with running(pages=14, page_size=8) as engine:
        squeezed = asyncio.run(answer(engine, tight))
        assert engine.stats().preemptions > 0
    assert squeezed == ask(tight)


def test_every_family_decodes_as_it_does_plainly():
    for family in ("llama", "qwen3_moe"):
        wanted = plainly(tiny(family), MANUSCRIPT[:20], 6)
        assert ask([request(MANUSCRIPT[:20], 6), request([8], 3)], model=tiny(family), max_batch_tokens=9)[0] == wanted


def test_a_seed_gives_the_same_answer_in_any_company():
    warm = Sampling(temperature=1.3, top_p=0.95, seed=42)
    alone = ask([request(PROMPTS[0], 20, warm)])
    others = [request(prompt, 15, Sampling(temperature=0.8)) for prompt in PROMPTS[1:]]
    assert ask([*others, request(PROMPTS[0], 20, warm)], max_batch_tokens=11)[-1] == alone[0]
    squeezed = ask([*others, request(PROMPTS[0], 20, warm)], pages=14, max_sequences=6)
    assert squeezed[-1] == alone[0]
    assert ask([request(PROMPTS[0], 20, Sampling(temperature=1.3, top_p=0.95, seed=43))]) != alone
    assert ask([request(PROMPTS[0], 20, Sampling(temperature=1.3))]) != ask(
        [request(PROMPTS[0], 20, Sampling(temperature=1.3))]
    )


def test_a_panel_reads_its_manuscript_once_and_is_told_so():
    async def panel() -> None:
        tickets = [engine.submit(request([*MANUSCRIPT, role], 4)) for role in range(6)]
        for ticket in tickets:
            await read(ticket)
        assert sorted(ticket.cached_tokens for ticket in tickets) == [0, 64, 64, 64, 64, 64]
        assert {ticket.finish for ticket in tickets} == {"length"}
        assert all(0 <= ticket.timings.queue_ms <= ticket.timings.ttft_ms for ticket in tickets)
        assert engine.stats().cached_tokens == 5 * 64
        other = engine.submit(request([*MANUSCRIPT, 1], 1, salt="another tenant"))
        await read(other)
        assert other.cached_tokens == 0

    with running() as engine:
        asyncio.run(panel())


def test_an_end_token_ends_the_answer_and_is_not_part_of_it(expected):
    async def ended() -> None:
        ticket = engine.submit(request(PROMPTS[0], 12, eos_ids=frozenset({expected[0][5]})))
        assert [emitted.token for emitted in await read(ticket)] == expected[0][: expected[0].index(expected[0][5])]
        assert ticket.finish == "stop"

    with running() as engine:
        asyncio.run(ended())


def test_tokens_come_one_by_one_and_a_cancelled_answer_gives_its_pages_back():
    async def cancelled() -> None:
        ticket, other = engine.submit(request(PROMPTS[0], 300)), engine.submit(request(PROMPTS[1], 5))
        came = 0
        async for _ in ticket:
            came += 1
            if came == 3:
                ticket.cancel()
        assert 3 <= came < 300
        assert ticket.finish == "cancelled"
        assert len(await read(other)) == 5

    with running() as engine:
        asyncio.run(cancelled())
        assert engine.stats().finished == {"cancelled": 1, "length": 1}


def test_what_cannot_be_served_is_refused_at_once():
    async def refused() -> None:
        with pytest.raises(TooLong) as long:
            engine.submit(request([1] * 500, 300))
        assert long.value.limit == 95 * 8
        for wrong in ([], [VOCABULARY], [-1]):
            with pytest.raises(ValueError):
                engine.submit(request(wrong))
        with pytest.raises(ValueError):
            engine.submit(request([1], 1, Sampling(logit_bias={VOCABULARY: 1.0})))
        tickets = [engine.submit(request(PROMPTS[0], 50)) for _ in range(4)]
        with pytest.raises(QueueFull) as full:
            tickets.extend(engine.submit(request(PROMPTS[0], 50)) for _ in range(5))
        assert 1 <= full.value.retry_after <= 60
        for ticket in tickets:
            ticket.cancel()
            await read(ticket)

    with running(max_waiting=4, max_sequences=2) as engine:
        asyncio.run(refused())


class _Failing:
    """A model that stops working after a few forwards."""

    def __init__(self) -> None:
        model = tiny()
        self.spec, self.device, self.dtype = model.spec, model.device, model.dtype
        self.left = 3

    def forward(self, step, pool):
        self.left -= 1
        if self.left < 0:
            raise RuntimeError("the device is gone")
        return tiny().forward(step, pool)


def test_when_the_device_fails_every_ticket_ends_and_the_engine_says_so():
    async def failed() -> None:
        tickets = [engine.submit(request([1, 2], 50)) for _ in range(12)]
        for ticket in tickets:
            await read(ticket)
        assert {ticket.finish for ticket in tickets} == {"error"}
        assert not engine.alive
        late = engine.submit(request([1], 1))
        assert await read(late) == []
        assert late.finish == "error"

    with running(_Failing()) as engine:
        asyncio.run(failed())
        assert not engine.stats().alive


def test_stopping_ends_what_is_unfinished():
    async def stopped() -> str | None:
        ticket = engine.submit(request(PROMPTS[0], 600))
        async for _ in ticket:
            break
        await asyncio.to_thread(engine.stop)
        await read(ticket)
        return ticket.finish

    engine_manager = running()
    engine = engine_manager.__enter__()
    assert asyncio.run(stopped()) == "cancelled"
    assert not engine.alive


def test_a_reader_whose_loop_is_gone_does_not_hold_pages():
    async def leave() -> None:
        engine.submit(request(PROMPTS[0], 600))
        await asyncio.sleep(0.02)

    with running() as engine:
        asyncio.run(leave())
        deadline = time.monotonic() + 5
        while engine.pages.held and time.monotonic() < deadline:
            time.sleep(0.01)
        assert engine.stats().finished == {"cancelled": 1}
        assert asyncio.run(answer(engine, [request([7], 2, GREEDY)]))
