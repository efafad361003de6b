"""What happens between the products of a layer: norms, rotation, writing to the pool, activation.

Two forms with one meaning: torch, for every device and dtype, and one CPU kernel per line, because a decoded token
spends a quarter of its time in the thirty small operations that torch needs per layer. The kernels round less often.
"""

from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional

from inference.model import native
from inference.model.layers import swiglu
from inference.model.rope import rotate
from inference.model.spec import ModelSpec

Norms = tuple[Tensor | None, Tensor | None]  # of queries and keys
Turn = tuple[Tensor, Tensor]  # cos and signed sin of every token, [T, 1, width]


class Glue(Protocol):
    """The operations between products."""

    def add_norm(self, x: Tensor, delta: Tensor | None, weight: Tensor) -> tuple[Tensor, Tensor]:
        """x + delta, which may use x's memory, and the same normalised; all [T, D]."""
        ...

    def place(self, heads: Tensor, norms: Norms, turn: Turn, slots: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """heads [T, H + 2 KV, D]: queries normalised and rotated [T, H, D]; keys and values go to their slots."""
        ...

    def swiglu(self, both: Tensor) -> Tensor:
        """silu(gate) * up of gate and up side by side [T, 2 I]."""
        ...


class TorchGlue:
    """By torch's own operations."""

    def __init__(self, spec: ModelSpec) -> None:
        self._spec = spec

    def add_norm(self, x: Tensor, delta: Tensor | None, weight: Tensor) -> tuple[Tensor, Tensor]:
        """See `Glue`."""
        x = x if delta is None else x + delta
        return x, self._norm(x, weight)

    def place(self, heads: Tensor, norms: Norms, turn: Turn, slots: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """See `Glue`."""
        spec = self._spec
        query, key, value = torch.split(heads, [spec.heads, spec.kv_heads, spec.kv_heads], dim=1)
        if norms[0] is not None and norms[1] is not None:
            query, key = self._norm(query, norms[0]), self._norm(key, norms[1])
        keys.flatten(0, 1).index_copy_(0, slots, rotate(key, *turn))
        values.flatten(0, 1).index_copy_(0, slots, value)
        return rotate(query, *turn)

    def swiglu(self, both: Tensor) -> Tensor:
        """See `Glue`."""
        return swiglu(both)

    def _norm(self, x: Tensor, weight: Tensor) -> Tensor:
        return functional.rms_norm(x, weight.shape, weight, self._spec.norm_epsilon)


class NativeGlue:
    """By our CPU kernels, in bfloat16."""

    def __init__(self, spec: ModelSpec, library: native.Library) -> None:
        self._epsilon = spec.norm_epsilon
        self._library = library

    def add_norm(self, x: Tensor, delta: Tensor | None, weight: Tensor) -> tuple[Tensor, Tensor]:
        """See `Glue`."""
        return x, self._library.add_norm(x, delta, weight, self._epsilon)

    def place(self, heads: Tensor, norms: Norms, turn: Turn, slots: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """See `Glue`."""
        return self._library.place(heads, norms, turn, slots, keys, values, self._epsilon)

    def swiglu(self, both: Tensor) -> Tensor:
        """See `Glue`."""
        return self._library.swiglu(both)


def glue_for(spec: ModelSpec, dtype: torch.dtype, device: torch.device) -> Glue:
    """The kernels where they fit the model's widths, else torch."""
    even = spec.width % 16 == spec.inner % 16 == spec.head_dim % 32 == 0
    fits = even and spec.rope.width == spec.head_dim and (spec.moe is None or spec.moe.inner % 16 == 0)
    if device.type != "cpu" or dtype != torch.bfloat16 or not fits:
        return TorchGlue(spec)
    library = native.kernels()
    return TorchGlue(spec) if library is None else NativeGlue(spec, library)
