"""Attention by gathering each sequence's pages and asking torch: slow, plain, right on every device. The oracle."""

import torch
from torch import Tensor
from torch.nn import functional

from inference.model.step import KVPool, Step


class ReferenceReader:
    """Sequence by sequence, with an explicit mask."""

    def __init__(self, step: Step, pool: KVPool) -> None:
        self._pool = pool
        self._bounds = step.query_starts.tolist()
        size = pool.page_size
        self._slots = []  # per sequence [L], where its keys lie
        self._masks = []  # per sequence [N, L], whether a query sees a key
        for sequence, length in enumerate(step.kv_lens.tolist()):
            start, end = self._bounds[sequence : sequence + 2]
            places = torch.arange(length, device=step.ids.device)
            self._slots.append(step.pages[sequence].long()[places // size] * size + places % size)
            query = step.positions[start:end].unsqueeze(-1)
            self._masks.append(places // step.block <= query // step.block)

    def __call__(self, query: Tensor, layer: int) -> Tensor:
        out = torch.empty_like(query)
        keys = self._pool.keys[layer].flatten(0, 1)  # [slots, kv_heads, head_dim]
        values = self._pool.values[layer].flatten(0, 1)
        for sequence, (slots, mask) in enumerate(zip(self._slots, self._masks, strict=True)):
            start, end = self._bounds[sequence : sequence + 2]
            if start == end:
                continue
            mixed = functional.scaled_dot_product_attention(
                query[start:end].transpose(0, 1)[None],  # [1, heads, N, head_dim]
                keys[slots].transpose(0, 1)[None],
                values[slots].transpose(0, 1)[None],
                attn_mask=mask,
                enable_gqa=True,
            )
            out[start:end] = mixed[0].transpose(0, 1)
        return out


class ReferenceAttention:
    """The oracle as a backend."""

    def prepare(self, step: Step, pool: KVPool) -> ReferenceReader:
        """Slots and masks of every sequence."""
        return ReferenceReader(step, pool)
