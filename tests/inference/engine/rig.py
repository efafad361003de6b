"""A tiny random decoder, engines over it, and the plain way to get the same answers."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

import torch
from msgspec.structs import replace

from inference.attention.reference import ReferenceAttention
from inference.engine.engine import Engine
from inference.engine.request import Emitted, Request, Sampling
from inference.engine.ticket import LiveTicket
from inference.model.spec import read_spec
from inference.model.step import KVPool, Step
from inference.model.transformer import Transformer
from inference.tools.random_checkpoint import SIZES, RandomSource, config_of

GREEDY = Sampling(temperature=0.0)
VOCABULARY = 512
PAGES = 96


@cache
def tiny(family: str = "qwen3") -> Transformer:
    """Two layers, random weights large enough that its answers wander and depend on every token before them."""
    spec = read_spec(config_of(replace(SIZES[f"tiny-{family}"], tied=True)))
    return Transformer(spec, RandomSource(spec, deviation=0.6), ReferenceAttention())


@contextmanager
def running(model: Any = None, **changes: Any) -> Iterator[Engine]:
    """An engine at work; at the end it must hold nothing."""
    shape = {"pages": PAGES, "page_size": 8, "max_batch_tokens": 48, "max_sequences": 8, "max_waiting": 1000}
    engine = Engine(model or tiny(), **(shape | changes))
    engine.start()
    try:
        yield engine
        if engine.failure is None:
            assert engine.pages.held == 0, "a page leaked"
            assert not engine.scheduler._claims
            assert not engine.runner._tables
    finally:
        engine.stop()


def request(ids: Sequence[int], max_tokens: int = 12, sampling: Sampling = GREEDY, **more: Any) -> Request:
    """A request without a natural end."""
    return Request(tuple(ids), max_tokens, sampling, more.pop("eos_ids", frozenset()), **more)


async def read(ticket: LiveTicket) -> list[Emitted]:
    """The whole answer; fails rather than waits for ever."""
    async with asyncio.timeout(60):
        return [emitted async for emitted in ticket]


async def answer(engine: Engine, requests: Sequence[Request]) -> list[list[int]]:
    """All answers, asked for at once."""
    tickets = [engine.submit(each) for each in requests]
    return [[emitted.token for emitted in await read(ticket)] for ticket in tickets]


def ask(requests: Sequence[Request], **changes: Any) -> list[list[int]]:
    """All answers of a fresh engine."""
    with running(**changes) as engine:
        return asyncio.run(answer(engine, requests))


def plainly(model: Transformer, ids: Sequence[int], count: int) -> list[int]:
    """Greedy decoding with nothing of the engine: everything anew for each token, in one page."""
    tokens = list(ids)
    for _ in range(count):
        length = len(tokens)
        pool = KVPool.make(model.spec, 1, length, model.dtype, model.device)
        step = Step(
            ids=torch.tensor(tokens),
            positions=torch.arange(length),
            slots=torch.arange(length),
            pages=torch.zeros((1, 1), dtype=torch.int32),
            kv_lens=torch.tensor([length], dtype=torch.int32),
            query_starts=torch.tensor([0, length], dtype=torch.int32),
            rows=torch.tensor([length - 1]),
        )
        tokens.append(int(model.forward(step, pool).argmax()))
    return tokens[len(ids) :]
