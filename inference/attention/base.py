"""The seam between the Transformer and the ways to read a paged pool of keys and values."""

from typing import Protocol

from torch import Tensor

from inference.model.step import KVPool, Step


class Reader(Protocol):
    """Attention of one step; made once, used by every layer."""

    def __call__(self, query: Tensor, layer: int) -> Tensor:
        """query [T, heads, head_dim] to [T, heads, head_dim]. The step's own keys are in the pool already."""
        ...


class Attention(Protocol):
    """One way to compute attention; must agree with `reference` up to rounding."""

    def prepare(self, step: Step, pool: KVPool) -> Reader:
        """Whatever all layers of this step share: indices and masks."""
        ...
