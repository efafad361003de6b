"""Paged attention on CUDA: one Triton kernel for any mixture of chunks, one that splits long keys for decoding.

Both read pages in place and follow the mask of `Step`. Nothing is asked of the device while a forward is being
queued: grids depend on shapes only, lengths are read by the kernels, so that a CUDA graph can hold the step.

Shapes: T tokens, S sequences, H query heads, KV key heads, G = H / KV.
"""

import torch
from torch import Tensor

from inference.attention import kernels
from inference.model.step import KVPool, Step

LOG2_E = 1.4426950408889634
SPLIT_KEYS = 256  # a part of the keys is not cut finer than this
PROGRAMS = 264  # two per multiprocessor of the largest cards: enough to keep all of them reading
SPAN = 64  # keys a program reads at a time


def _power_of_two(least: int) -> int:
    return 1 << (least - 1).bit_length()


class TritonReader:
    """Chooses the kernel by the shape of the step: as many tokens as sequences means one each."""

    def __init__(self, step: Step, pool: KVPool) -> None:
        self._step = step
        self._pool = pool
        self._pages = step.pages.contiguous()
        self._sequences = step.kv_lens.shape[0]
        self._decoding = step.ids.shape[0] == self._sequences

    def __call__(self, query: Tensor, layer: int) -> Tensor:
        query = query.contiguous()
        out = torch.empty_like(query)
        shared = self._shared(query)
        keys, values = self._pool.keys[layer], self._pool.values[layer]
        if self._decoding:
            self._split(query, out, keys, values, shared)
            return out
        group = shared["group"]
        rows = max(16, _power_of_two(group))
        if query.shape[0] > 8 * self._sequences:
            rows = max(rows, 64)
        blocks = query.shape[0] // (rows // group) + self._sequences
        kernels.extend[(blocks, keys.shape[2])](
            query,
            out,
            keys,
            values,
            self._pages,
            self._step.kv_lens,
            self._step.query_starts,
            self._sequences,
            self._pages.shape[1],
            keys.shape[2],
            self._step.block,
            self._scale(query),
            tile=rows,
            span=SPAN,
            **shared,
        )
        return out

    def _split(self, query: Tensor, out: Tensor, keys: Tensor, values: Tensor, shared: dict[str, int]) -> None:
        """Cut the keys so that every multiprocessor has work even for one sequence, then merge."""
        tokens, heads, dim = query.shape
        reach = self._pages.shape[1] * self._pool.page_size
        wanted = min(-(-PROGRAMS // (tokens * keys.shape[2])), -(-reach // SPLIT_KEYS))
        splits = _power_of_two(max(1, wanted))
        tops, totals = query.new_empty(2, tokens * heads * splits, dtype=torch.float32)
        parts = query.new_empty(tokens * heads * splits, dim, dtype=torch.float32)
        kernels.decode[(tokens, keys.shape[2], splits)](
            query,
            tops,
            totals,
            parts,
            keys,
            values,
            self._pages,
            self._step.kv_lens,
            self._pages.shape[1],
            keys.shape[2],
            self._scale(query),
            splits=splits,
            tile=max(16, _power_of_two(shared["group"])),
            span=SPAN,
            **shared,
        )
        kernels.merge[(tokens * heads,)](tops, totals, parts, out, dim, shared["width"], splits)

    def _shared(self, query: Tensor) -> dict[str, int]:
        _, heads, dim = query.shape
        group = heads // self._pool.keys.shape[3]
        width = max(16, _power_of_two(dim))
        return {"dim": dim, "width": width, "group": group, "page_size": self._pool.page_size}

    @staticmethod
    def _scale(query: Tensor) -> float:
        return float(query.shape[-1] ** -0.5 * LOG2_E)


class TritonAttention:
    """The backend for CUDA; under TRITON_INTERPRET=1 it computes the same on a CPU, slowly."""

    capturable = True

    def prepare(self, step: Step, pool: KVPool) -> TritonReader:
        """Nothing is computed ahead: the kernels read the step's tensors."""
        return TritonReader(step, pool)
