"""Many impatient clients on one engine, for minutes: no page or memory is lost, no request is stuck, no answer is cut.

    python -m benchmarks.inference.load --clients 200 --seconds 120

Clients share two manuscripts, ask with all kinds of sampling, some under a grammar, and a third of them leave in the
middle. The model is a tiny random one: it is the engine that is tried. Prints one JSON object; fails loudly.
"""

import argparse
import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

import psutil
import torch
from msgspec.structs import replace

from inference.attention.reference import ReferenceAttention
from inference.engine.engine import Engine
from inference.engine.request import Emitted, QueueFull, Request, Sampling
from inference.model.spec import read_spec
from inference.model.transformer import Transformer
from inference.tools.random_checkpoint import SIZES, RandomSource, config_of

PATIENCE_S = 60.0  # a request that takes longer is stuck
VOCABULARY = 512
SAMPLINGS = (
    Sampling(temperature=0.0),
    Sampling(temperature=0.9, top_p=0.9, seed=7),
    Sampling(temperature=1.2, top_k=20, min_p=0.02),
    Sampling(temperature=0.7, repetition_penalty=1.1, frequency_penalty=0.2, logprobs=3),
)


class Digits:
    """A constraint as cheap as can be: ten tokens are allowed, and two close the answer."""

    def __init__(self) -> None:
        self._closed = False

    def mask(self, out: torch.Tensor) -> bool:
        """Tokens 32 to 41."""
        out[1] = (1 << 10) - 1
        return True

    def accept(self, token: int) -> None:
        """Only what was allowed."""
        if not (32 <= token < 42 or token in {50, 51}):
            raise ValueError(f"{token} was not allowed")
        self._closed = token == 51

    def forced(self) -> list[int]:
        """Nothing."""
        return []

    @property
    def done(self) -> bool:
        """After the closing."""
        return self._closed

    @property
    def complete(self) -> bool:
        """After the closing."""
        return self._closed

    def closing(self, budget: int) -> list[int] | None:
        """Two tokens, at the last moment."""
        return [50, 51] if budget <= 2 else None

    def fork(self) -> "Digits":
        """It knows almost nothing."""
        return Digits()


@dataclass
class Outcome:
    """What the clients saw."""

    answers: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    slowest_s: float = 0.0
    tokens: int = 0


def tiny_model() -> Transformer:
    """Two random layers."""
    spec = read_spec(config_of(replace(SIZES["tiny-qwen3"], tied=True)))
    return Transformer(spec, RandomSource(spec, deviation=0.6), ReferenceAttention())


def tiny_engine() -> Engine:
    """Room for about a fifth of what the clients want, so that pages are taken back and forgotten all the time."""
    return Engine(tiny_model(), pages=72, page_size=16, max_batch_tokens=256, max_sequences=24, max_waiting=150)


def requests(seed: int) -> Iterator[Request]:
    """What one client asks for, one after the other."""
    chance = random.Random(seed)
    manuscripts = [[random.Random(n).randrange(3, VOCABULARY) for _ in range(200)] for n in range(2)]
    while True:
        begin = chance.choice([*manuscripts, []])
        own = [chance.randrange(3, VOCABULARY) for _ in range(chance.randint(1, 30))]
        guided = chance.random() < 0.2
        yield Request(
            ids=(*begin, *own),
            max_tokens=chance.randint(3, 40),
            sampling=chance.choice(SAMPLINGS),
            eos_ids=frozenset() if chance.random() < 0.5 else frozenset({2, 17}),
            constraint=Digits() if guided else None,
            salt=chance.choice(["", "tenant"]),
        )


async def client(engine: Engine, seed: int, until: float, outcome: Outcome) -> None:
    """Ask, read or leave, and ask again."""
    chance = random.Random(-seed)
    for request in requests(seed):
        if time.monotonic() > until:
            return
        try:
            ticket = engine.submit(request)
        except QueueFull as full:
            outcome.answers["refused"] += 1
            await asyncio.sleep(min(full.retry_after, 2) * chance.uniform(0.1, 0.5))
            continue
        began = time.monotonic()
        leave_after = chance.choice([None, None, chance.randint(0, 20)])
        tokens: list[Emitted] = []
        try:
            async with asyncio.timeout(PATIENCE_S):
                if leave_after == 0:
                    ticket.cancel()
                async for emitted in ticket:
                    tokens.append(emitted)
                    if len(tokens) == leave_after:
                        ticket.cancel()
        except TimeoutError:
            outcome.wrong.append("stuck")
            return
        outcome.slowest_s = max(outcome.slowest_s, time.monotonic() - began)
        outcome.tokens += len(tokens)
        outcome.answers[ticket.finish or "none"] += 1
        outcome.wrong += complaints(request, tokens, ticket.finish, left=leave_after is not None)


def complaints(request: Request, tokens: list[Emitted], finish: str | None, *, left: bool) -> Iterator[str]:
    """What is not right about an answer."""
    if finish not in {"stop", "length", "cancelled"} or (finish == "cancelled" and not left):
        yield f"ended as {finish}"
    if len(tokens) > request.max_tokens or (finish == "length" and len(tokens) != request.max_tokens):
        yield f"{len(tokens)} tokens of {request.max_tokens}, {finish}"
    if request.constraint is not None and finish == "stop" and (not tokens or tokens[-1].token != 51):
        yield "a constrained answer was not closed"
    if request.sampling.logprobs and any(emitted.logprob is None for emitted in tokens):
        yield "a log-probability is missing"


async def load(engine: Engine, clients: int, seconds: float) -> dict[str, Any]:
    """Let the clients loose. Memory is compared between a quarter of the time and the end."""
    outcome, began, process = Outcome(), time.monotonic(), psutil.Process()
    tasks = [asyncio.create_task(client(engine, seed, began + seconds, outcome)) for seed in range(1, clients + 1)]
    await asyncio.sleep(seconds / 4)
    early = process.memory_info().rss
    await asyncio.gather(*tasks)
    late = process.memory_info().rss
    stats = engine.stats()
    return {
        "clients": clients,
        "seconds": round(time.monotonic() - began, 1),
        "answers": dict(outcome.answers),
        "wrong": outcome.wrong[:20],
        "slowest_s": round(outcome.slowest_s, 2),
        "tokens": outcome.tokens,
        "memory_growth_mb": round((late - early) / 2**20, 1),
        "engine": asdict(stats),
    }


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=120.0)
    arguments = parser.parse_args()
    engine = tiny_engine()
    engine.start()
    found = asyncio.run(load(engine, arguments.clients, arguments.seconds))
    engine.stop()
    print(json.dumps(found, indent=1))
    if found["wrong"] or found["engine"]["pages_held"] or not found["engine"]["alive"]:
        raise SystemExit("something was lost: see `wrong` and `pages_held`")


if __name__ == "__main__":
    main()
