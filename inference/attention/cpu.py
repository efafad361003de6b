"""Attention on a CPU: few queries read the pages in place through our kernel; for many, keys and values are laid out
once a layer as weights are, and attention becomes products.

Without the kernels every sequence is gathered, which the reference does too; here the mask is left out where none is
needed.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional

from inference.model import native
from inference.model.step import KVPool, Step

FEW = 8  # queries of one sequence; above, laying out its keys costs less than reading them once per query


class Gathered:
    """The queries of one sequence against a copy of its keys. The mask is added: one of truth values would be turned
    into numbers by every layer anew."""

    def __init__(self, step: Step, sequence: int, bounds: tuple[int, int], length: int, pool: KVPool) -> None:
        self.start, self.end = bounds
        page_size, dtype = pool.page_size, pool.keys.dtype
        queries = self.end - self.start
        places = torch.arange(length)
        self._slots = step.pages[sequence].long()[places // page_size] * page_size + places % page_size
        self._causal = step.block == 1 and queries == length > 1
        self._mask: Tensor | None = None
        if queries > 1 and not self._causal:
            query = step.positions[self.start : self.end].unsqueeze(-1)
            hidden = places // step.block > query // step.block
            self._mask = torch.zeros(hidden.shape, dtype=dtype).masked_fill_(hidden, -math.inf)

    def mixed(self, query: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """This one's [N, heads, dim] of all queries [T, heads, dim]; keys and values are [slots, kv_heads, dim]."""
        found = functional.scaled_dot_product_attention(
            query[self.start : self.end].transpose(0, 1)[None],
            keys.index_select(0, self._slots).transpose(0, 1)[None],
            values.index_select(0, self._slots).transpose(0, 1)[None],
            attn_mask=self._mask,
            is_causal=self._causal,
            enable_gqa=True,
        )
        return found[0].transpose(0, 1)


class CpuReader:
    """Splits the step's sequences into those with few queries and those with many."""

    def __init__(self, step: Step, pool: KVPool, library: native.Library | None) -> None:
        self._pool = pool
        self._library = library
        self._pages = step.pages.contiguous()
        bounds, lengths = step.query_starts.tolist(), step.kv_lens.tolist()
        self._block = step.block
        self._gathered: list[Gathered] = []
        self._many: list[tuple[int, int, int, int]] = []  # first and last token, sequence, its length
        few: list[tuple[int, int, int]] = []  # token, its sequence, keys it sees
        for sequence, length in enumerate(lengths):
            start, end = bounds[sequence : sequence + 2]
            if library is not None and end - start <= FEW:
                for token in range(start, end):
                    place = length - end + token
                    few.append((token, sequence, min(length, (place // step.block + 1) * step.block)))
            elif library is not None:
                self._many.append((start, end, sequence, length))
            elif end > start:
                self._gathered.append(Gathered(step, sequence, (start, end), length, pool))
        columns = torch.tensor(few, dtype=torch.int64).view(-1, 3).T.contiguous()
        self._few = (columns[0], columns[1], columns[2])

    def __call__(self, query: Tensor, layer: int) -> Tensor:
        query = query.contiguous()
        out = torch.empty_like(query)
        keys, values = self._pool.keys[layer], self._pool.values[layer]
        if self._library is not None:
            if len(self._few[0]):
                self._library.attend(query, keys, values, self._pages, self._few, out)
            for start, end, sequence, length in self._many:
                part = slice(start, end)
                pages = self._pages[sequence]
                self._library.attend_many(query[part], keys, values, pages, length, self._block, out[part])
        for one in self._gathered:
            out[one.start : one.end] = one.mixed(query, keys.flatten(0, 1), values.flatten(0, 1))
        return out


class CpuAttention:
    """`kernel` asks for our kernel, which reads bfloat16 pools with a head width divisible by 16."""

    def __init__(self, *, kernel: bool) -> None:
        self._library = native.kernels() if kernel else None

    def prepare(self, step: Step, pool: KVPool) -> CpuReader:
        """What each sequence of the step needs."""
        library = self._library if pool.keys.dtype == torch.bfloat16 else None
        return CpuReader(step, pool, library)
