"""What one forward pass is given: a flat token axis with its place in every sequence, and the pool of keys and values.

Shapes: T tokens of the step, S sequences, P pages of the longest sequence, R rows that need logits.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from inference.model.spec import ModelSpec


@dataclass(frozen=True)
class Step:
    """One forward over the tokens of several sequences; all tensors are on the model's device.

    Sequence s owns the tokens `query_starts[s]:query_starts[s + 1]`, consecutive in position; the last of them is at
    position `kv_lens[s] - 1`. A query at position p sees the keys at positions k < `kv_lens[s]` with
    k // block <= p // block: plain causal attention when `block` is 1.
    """

    ids: Tensor  # [T] int64
    positions: Tensor  # [T] int64, absolute position in its sequence
    slots: Tensor  # [T] int64, flat slot of the pool (page * page_size + offset) this token's key and value go to
    pages: Tensor  # [S, P] int32 page table, padded with 0
    kv_lens: Tensor  # [S] int32, keys visible to the last query of the sequence, this step's own included
    query_starts: Tensor  # [S + 1] int32
    rows: Tensor  # [R] int64, which of the T tokens need logits
    block: int = 1  # b of block-causal attention


@dataclass(frozen=True)
class KVPool:
    """Keys and values of every layer in pages that sequences may share."""

    keys: Tensor  # [layers, pages, page_size, kv_heads, head_dim]
    values: Tensor  # the same

    @classmethod
    def make(
        cls, spec: "ModelSpec", pages: int, page_size: int, dtype: torch.dtype, device: torch.device | str
    ) -> "KVPool":
        """An empty pool. Zeroed, because the padding of a page table reads page 0 under a mask, and 0 * NaN is NaN."""
        shape = (spec.layers, pages, page_size, spec.kv_heads, spec.head_dim)
        return cls(torch.zeros(shape, dtype=dtype, device=device), torch.zeros(shape, dtype=dtype, device=device))

    @property
    def page_size(self) -> int:
        """Tokens of one page."""
        return self.keys.shape[2]

    @property
    def pages(self) -> int:
        """Pages of the pool."""
        return self.keys.shape[1]

    @staticmethod
    def page_bytes(spec: "ModelSpec", page_size: int, dtype: torch.dtype) -> int:
        """Memory of one page over all layers, keys and values together."""
        return 2 * spec.layers * page_size * spec.kv_heads * spec.head_dim * dtype.itemsize
