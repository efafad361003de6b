"""A plan becomes tensors and the tensors a forward. Owns the pool of keys and values.

On CUDA the forwards that only continue answers are replayed as graphs, one per size, from buffers that never move; that
needs attention whose kernels read all lengths on the device (`capturable`).
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inference.engine.pages import SCRATCH
from inference.engine.scheduler import Chunk, Plan
from inference.engine.sequence import Sequence
from inference.model.spec import ModelSpec
from inference.model.step import KVPool, Step

GRAPH_SIZES = (1, 2, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256)

Numbers = NDArray[np.int64]


class Model(Protocol):
    """What the engine needs of a Transformer."""

    @property
    def spec(self) -> ModelSpec: ...
    @property
    def device(self) -> torch.device: ...
    @property
    def dtype(self) -> torch.dtype: ...

    def forward(self, step: Step, pool: KVPool) -> Tensor:
        """Logits [R, vocabulary] in float32."""
        ...


@dataclass(frozen=True)
class _Graph:
    step: Step
    logits: Tensor
    graph: "torch.cuda.CUDAGraph"


class Runner:
    """Runs plans on one device."""

    def __init__(self, model: Model, *, pages: int, page_size: int, max_sequences: int) -> None:
        self.model = model
        self.page_size = page_size
        self.pool = KVPool.make(model.spec, pages, page_size, model.dtype, model.device)
        self._table_width = min(pages, -(-model.spec.context // page_size))
        self._tables: dict[int, tuple[tuple[int, int, int], NDArray[np.int32]]] = {}
        self._graphs: dict[int, _Graph] = {}
        capturable = getattr(getattr(model, "attention", None), "capturable", False)
        if model.device.type == "cuda" and capturable:
            self._capture([size for size in GRAPH_SIZES if size <= max_sequences] or [1])

    def forward(self, plan: Plan) -> Tensor:
        """Logits [R, vocabulary] of the chunks that are the last of their sequence, in their order."""
        if self._graphs and all(chunk.last and chunk.end - chunk.start == 1 for chunk in plan.chunks):
            size = next((size for size in self._graphs if size >= len(plan.chunks)), None)
            if size is not None:
                return self._replay(self._graphs[size], plan)
        return self.model.forward(self._step(plan), self.pool)

    def forget(self, sequence: Sequence) -> None:
        """The sequence has ended."""
        self._tables.pop(sequence.number, None)

    def _step(self, plan: Plan) -> Step:
        chunks = plan.chunks
        lengths = np.array([chunk.end - chunk.start for chunk in chunks], np.int64)
        starts = np.zeros(len(chunks) + 1, np.int64)
        np.cumsum(lengths, out=starts[1:])
        ids = np.concatenate([_ids(chunk) for chunk in chunks])
        positions = np.concatenate([np.arange(chunk.start, chunk.end) for chunk in chunks])
        tables = [self._table(chunk.sequence) for chunk in chunks]
        table = np.full((len(chunks), max(len(each) for each in tables)), SCRATCH, np.int32)
        for row, each in zip(table, tables, strict=True):
            row[: len(each)] = each
        owners = np.repeat(np.arange(len(chunks)), lengths)
        slots = table[owners, positions // self.page_size].astype(np.int64) * self.page_size
        rows = starts[1:][[chunk.last for chunk in chunks]] - 1
        return Step(
            ids=self._put(ids),
            positions=self._put(positions),
            slots=self._put(slots + positions % self.page_size),
            pages=self._put(table),
            kv_lens=self._put(np.array([chunk.end for chunk in chunks], np.int32)),
            query_starts=self._put(starts.astype(np.int32)),
            rows=self._put(rows),
            block=plan.block,
        )

    def _table(self, sequence: Sequence) -> NDArray[np.int32]:
        """The pages of a sequence; they change when it gets one, publishes one or starts again."""
        state = (len(sequence.pages), sequence.published, sequence.preemptions)
        known = self._tables.get(sequence.number)
        if known is None or known[0] != state:
            known = state, np.array(sequence.pages, np.int32)
            self._tables[sequence.number] = known
        return known[1]

    def _put(self, values: "NDArray[np.int32] | Numbers") -> Tensor:
        tensor = torch.from_numpy(values)
        if self.model.device.type == "cuda":
            return tensor.pin_memory().to(self.model.device, non_blocking=True)
        return tensor.to(self.model.device)

    def _capture(self, sizes: list[int]) -> None:
        """Record one graph per size, the largest first, so that all can live in its memory."""
        memory = None
        for size in sorted(sizes, reverse=True):
            step = self._idle_step(size)
            aside = torch.cuda.Stream(self.model.device)  # type: ignore[no-untyped-call]
            aside.wait_stream(torch.cuda.current_stream(self.model.device))
            with torch.cuda.stream(aside):
                for _ in range(2):
                    self.model.forward(step, self.pool)
            torch.cuda.current_stream(self.model.device).wait_stream(aside)
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph, pool=memory):
                logits = self.model.forward(step, self.pool)
            memory = memory or graph.pool()
            self._graphs[size] = _Graph(step, logits, graph)
        self._graphs = dict(sorted(self._graphs.items()))

    def _idle_step(self, size: int) -> Step:
        """`size` sequences of one token that nobody wants, on the scratch page."""
        device = self.model.device
        zeros = torch.zeros(size, dtype=torch.int64, device=device)
        return Step(
            ids=zeros,
            positions=zeros.clone(),
            slots=zeros.clone(),
            pages=torch.zeros((size, self._table_width), dtype=torch.int32, device=device),
            kv_lens=torch.ones(size, dtype=torch.int32, device=device),
            query_starts=torch.arange(size + 1, dtype=torch.int32, device=device),
            rows=torch.arange(size, device=device),
        )

    def _replay(self, graph: _Graph, plan: Plan) -> Tensor:
        step, wanted, count = graph.step, self._step(plan), len(plan.chunks)
        for name, idle in (("ids", 0), ("positions", 0), ("slots", 0), ("kv_lens", 1)):
            buffer: Tensor = getattr(step, name)
            buffer[:count].copy_(getattr(wanted, name))
            buffer[count:].fill_(idle)
        step.pages[:count, : wanted.pages.shape[1]].copy_(wanted.pages)
        graph.graph.replay()
        return graph.logits[:count]


def _ids(chunk: Chunk) -> Numbers:
    return np.array(chunk.sequence.tokens[chunk.start : chunk.end], np.int64)
