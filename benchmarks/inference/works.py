"""The works: each is given to all peers in turn, round after round, so that whatever else the machine does hits all."""

import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import torch

from benchmarks.inference.peers import CONTINUOUS, GENERATE, OURS, Answered, Ours, Peer, PeerFailed
from benchmarks.inference.plan import Decode, Plan
from benchmarks.inference.roofline import Machine, decode_seconds, measure, prefill_seconds
from inference.model.spec import ModelSpec

CACHED, APART = "with prefix cache", "without"
HIGHEST_ID = 2000  # ids are drawn below, so that every tokenizer has them


@dataclass
class Row:
    """One work: what each peer reached in every round, in `unit`, and what the hardware would allow."""

    work: str
    unit: str
    bound: float
    machine: Machine
    values: dict[str, list[float]] = field(default_factory=dict)
    more: dict[str, dict[str, float]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)

    def median(self, peer: str) -> float | None:
        """The middle of the rounds."""
        found = self.values.get(peer)
        return statistics.median(found) if found else None

    def note(self, peer: str, figures: Mapping[str, Sequence[float]]) -> None:
        """Further figures of a peer, by their medians."""
        self.more[peer] = {name: statistics.median(found) for name, found in figures.items()}


@dataclass
class Bench:
    """The peers with their model loaded, and how much to do. `absent` says why a peer is not here."""

    spec: ModelSpec
    device: torch.device
    ours: Ours
    peers: list[Peer]
    plan: Plan
    tell: Callable[[str], None]
    absent: dict[str, str] = field(default_factory=dict)
    chance: random.Random = field(default_factory=lambda: random.Random(1))

    def prompt(self, tokens: int) -> list[int]:
        """Never the same twice, so that nothing is cached that should not be."""
        return [self.chance.randrange(3, min(HIGHEST_ID, self.spec.vocabulary)) for _ in range(tokens)]

    def row(self, work: str, unit: str, bound: Callable[[Machine], float]) -> Row:
        """An empty row under the hardware as it is now."""
        machine = measure(self.device, 3)
        self.tell(f"{work} ...")
        return Row(work, unit, bound(machine), machine, absent=dict(self.absent))

    def rounds(
        self, row: Row, works: Mapping[str, Callable[[int], Answered]], *, times: int = 1
    ) -> dict[str, list[Answered]]:
        """Every peer in turn, forwards and backwards, `times` the plan's rounds. What fails once is not asked again."""
        found: dict[str, list[Answered]] = {}
        began, longest = time.monotonic(), 0.0
        for number in range(times * self.plan.rounds):
            started = time.monotonic()
            if number and started - began + longest > times * self.plan.seconds:
                break
            for name in sorted(works, reverse=bool(number % 2)):
                if name in row.failed:
                    continue
                try:
                    found.setdefault(name, []).append(works[name](number))
                except (PeerFailed, RuntimeError, ValueError, AttributeError, OSError) as error:
                    row.failed[name] = f"{type(error).__name__}: {error}"[:300]
                    found.pop(name, None)
            longest = max(longest, time.monotonic() - started)
        return found


def decode(bench: Bench, work: Decode) -> Row:
    """Tokens per second of all answers together, after all prompts are read."""
    spec = bench.spec
    middle = work.prompt + work.tokens / 2
    row = bench.row(
        f"decode, batch {work.batch}",
        "tokens/s",
        lambda machine: work.batch / decode_seconds(spec, machine, work.batch, middle),
    )
    prompts = [[bench.prompt(work.prompt) for _ in range(work.batch)] for _ in range(bench.plan.rounds)]
    found = bench.rounds(row, {peer.name: _asking(peer, prompts, work.tokens) for peer in bench.peers})
    for name, answers in found.items():
        row.values[name] = [each.decode_rate for each in answers]
        row.note(
            name,
            {
                "tokens/s with prefill": [each.tokens / each.seconds for each in answers],
                "first token s": [statistics.median(each.firsts) for each in answers],
            },
        )
    return row


def _asking(peer: Peer, prompts: Sequence[Sequence[Sequence[int]]], tokens: int) -> Callable[[int], Answered]:
    return lambda number: peer.answer(prompts[number], tokens)


def prefill(bench: Bench, tokens: int) -> Row:
    """Prompt tokens per second until the first token is there."""
    row = bench.row(
        f"prefill, {tokens} tokens",
        "tokens/s",
        lambda machine: tokens / prefill_seconds(bench.spec, machine, tokens),
    )
    prompts = [[bench.prompt(tokens)] for _ in range(bench.plan.rounds)]
    found = bench.rounds(row, {peer.name: _asking(peer, prompts, 1) for peer in bench.peers})
    for name, answers in found.items():
        row.values[name] = [tokens / each.firsts[0] for each in answers]
    return row


def panel(bench: Bench) -> Row:
    """Seconds until the last of six agents that read one manuscript has answered, its keys shared or not."""
    work, spec = bench.plan.panel, bench.spec
    read = work.manuscript + work.agents * work.private

    def bound(machine: Machine) -> float:
        step = decode_seconds(spec, machine, work.agents, work.manuscript + work.private)
        return prefill_seconds(spec, machine, read) + (work.tokens - 1) * step

    title = f"panel, {work.agents} agents, {work.manuscript} + {work.private} tokens, {work.tokens} answered"
    row = bench.row(title, "seconds", bound)
    prompts = []
    for _ in range(bench.plan.rounds):
        manuscript = bench.prompt(work.manuscript)
        prompts.append([manuscript + bench.prompt(work.private) for _ in range(work.agents)])
    tenants = [f"tenant {number}" for number in range(work.agents)]
    asked: dict[str, Callable[[int], Answered]] = {
        CACHED: lambda number: bench.ours.ask(prompts[number], work.tokens),
        APART: lambda number: bench.ours.ask(prompts[number], work.tokens, salts=tenants),
    }
    if bench.plan.panel_of_peers:
        asked |= {
            peer.name: _asking(peer, prompts, work.tokens)
            for peer in bench.peers
            if peer.name in {GENERATE, CONTINUOUS}
        }
    for name, answers in bench.rounds(row, asked).items():
        row.values[name] = [each.seconds for each in answers]
        later = [statistics.mean(sorted(each.firsts)[1:]) for each in answers]
        row.note(name, {"first token of the others s": later, "first token s": [min(each.firsts) for each in answers]})
    return row


def second_reader(bench: Bench) -> Row:
    """Seconds to the first token of an agent whose manuscript another has read before, and of that other."""
    work, spec = bench.plan.panel, bench.spec
    row = bench.row(
        f"second reader, {work.manuscript} + {work.private} tokens",
        "seconds",
        lambda machine: prefill_seconds(spec, machine, work.private),
    )
    alone: list[Answered] = []

    def both(_round: int) -> Answered:
        manuscript = bench.prompt(work.manuscript)
        alone.append(bench.ours.ask([manuscript + bench.prompt(work.private)], 1))
        return bench.ours.ask([manuscript + bench.prompt(work.private)], 1)

    later = bench.rounds(row, {CACHED: both}).get(CACHED, [])
    row.values = {CACHED: [each.firsts[0] for each in later], APART: [each.firsts[0] for each in alone]}
    return row


def first_tokens(bench: Bench) -> Row:
    """Seconds to the first token, by the middle of the requests, when all come at once."""
    work, spec = bench.plan.burst, bench.spec
    lengths = [
        work.shortest + (work.longest - work.shortest) * number // max(1, work.requests - 1)
        for number in range(work.requests)
    ]
    random.Random(2).shuffle(lengths)
    row = bench.row(
        f"first token, {work.requests} requests at once, {work.shortest} to {work.longest} tokens",
        "seconds",
        lambda machine: prefill_seconds(spec, machine, sum(lengths)) / 2,
    )
    prompts = [[bench.prompt(length) for length in lengths] for _ in range(bench.plan.rounds)]
    peers = [peer for peer in bench.peers if peer.name in {OURS, GENERATE, CONTINUOUS}]
    for name, answers in bench.rounds(row, {peer.name: _asking(peer, prompts, work.tokens) for peer in peers}).items():
        row.values[name] = [statistics.median(each.firsts) for each in answers]
        row.note(
            name,
            {
                "last first token s": [max(each.firsts) for each in answers],
                "tokens/s with prefill": [each.tokens / each.seconds for each in answers],
            },
        )
    return row
