"""Drives a model without an engine: pages handed out by hand, any mixture of sequences and chunks in one step."""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from inference.model.step import KVPool, Step
from inference.model.transformer import Transformer


@dataclass
class Sequence:
    """Tokens known so far, how many of them are in the pool, and where."""

    ids: list[int]
    pages: list[int] = field(default_factory=list)
    written: int = 0


class Runner:
    """A pool whose pages are taken in a scrambled order, so that neighbours in a sequence are none in memory."""

    def __init__(self, model: Transformer, *, page_size: int = 32, pages: int = 64, block: int = 1) -> None:
        self.model = model
        self.block = block
        self.pool = KVPool.make(model.spec, pages, page_size, model.dtype, model.device)
        scrambled = torch.randperm(pages - 1, generator=torch.Generator().manual_seed(pages)) + 1
        self.free = [int(page) for page in scrambled]

    def step(self, work: list[tuple[Sequence, int]]) -> Step:
        """A step that feeds every sequence its next so many tokens; logits are asked for each one's last."""
        size = self.pool.page_size
        ids, positions, slots, starts, lengths = [], [], [], [0], []
        for sequence, count in work:
            end = sequence.written + count
            while len(sequence.pages) * size < end:
                sequence.pages.append(self.free.pop())
            places = range(sequence.written, end)
            ids += sequence.ids[sequence.written : end]
            positions += places
            slots += [sequence.pages[place // size] * size + place % size for place in places]
            starts.append(len(ids))
            lengths.append(end)
            sequence.written = end
        longest = max(len(sequence.pages) for sequence, _ in work)
        table = [sequence.pages + [0] * (longest - len(sequence.pages)) for sequence, _ in work]
        return Step(
            ids=torch.tensor(ids),
            positions=torch.tensor(positions),
            slots=torch.tensor(slots),
            pages=torch.tensor(table, dtype=torch.int32),
            kv_lens=torch.tensor(lengths, dtype=torch.int32),
            query_starts=torch.tensor(starts, dtype=torch.int32),
            rows=torch.tensor(starts[1:]) - 1,
            block=self.block,
        )

    def feed(self, work: list[tuple[Sequence, int]]) -> Tensor:
        """Run one step; logits [sequences, vocabulary]."""
        return self.model(self.step(work), self.pool)


def greedy(
    model: Transformer, prompt: list[int], tokens: int, *, chunk: int = 10_000, page_size: int = 32
) -> list[int]:
    """The most likely continuation of one sequence alone, its prompt fed in chunks."""
    runner = Runner(model, page_size=page_size, pages=2 + (len(prompt) + tokens) // page_size + 1)
    sequence = Sequence(list(prompt))
    while len(sequence.ids) < len(prompt) + tokens:
        logits = runner.feed([(sequence, min(chunk, len(sequence.ids) - sequence.written))])
        if sequence.written == len(sequence.ids):
            sequence.ids.append(int(logits[0].argmax()))
    return sequence.ids[len(prompt) :]


def prompt_of(length: int, vocabulary: int, seed: int = 0) -> list[int]:
    """Random token ids."""
    chosen: list[int] = torch.randint(0, vocabulary, (length,), generator=torch.Generator().manual_seed(seed)).tolist()
    return chosen
