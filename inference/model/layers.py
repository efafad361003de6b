"""The parts of a layer: linear maps in three storage forms, and the mixture of experts.

Shapes: T tokens, D width of the model, I inner width, E experts, K experts a token uses.
"""

from collections.abc import Callable
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional

from inference.model.spec import MoeSpec


class Linear(Protocol):
    """x [T, in] to [T, out]."""

    def __call__(self, x: Tensor) -> Tensor: ...


LinearMaker = Callable[[Tensor, Tensor | None], Linear]  # weight [out, in] and bias [out] to a linear map


class PlainLinear:
    """The matrix as it is."""

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        self.weight = weight
        self.bias = bias

    def __call__(self, x: Tensor) -> Tensor:
        return functional.linear(x, self.weight, self.bias)


class MoE:
    """A router that sends every token through its K best experts and adds their answers by weight."""

    def __init__(self, spec: MoeSpec, router: Tensor, gate_up: Tensor, down: Tensor) -> None:
        self.spec = spec
        self.router = router  # [E, D]
        self.gate_up = gate_up  # [E, 2I, D]
        self.down = down  # [E, D, I]

    def __call__(self, x: Tensor) -> Tensor:
        scores = functional.linear(x, self.router).softmax(dim=-1, dtype=torch.float32)
        weight, chosen = scores.topk(self.spec.active, dim=-1)  # [T, K]
        if self.spec.renormalise:
            weight = weight / weight.sum(dim=-1, keepdim=True)
        order = chosen.flatten().argsort(stable=True)
        token = order // self.spec.active
        answers = self._experts(x[token], chosen.flatten()[order])  # [T * K, D], by expert
        answers = answers * weight.to(x.dtype).flatten()[order].unsqueeze(-1)
        back = torch.empty_like(answers)
        back[order] = answers  # no atomics: the sum over a token's experts has one order
        return back.view(x.shape[0], self.spec.active, -1).sum(dim=1)

    def _experts(self, x: Tensor, expert: Tensor) -> Tensor:
        """x [N, D] sorted by its `expert` [N]."""
        numbers = torch.arange(self.spec.experts, device=x.device)
        ends = torch.searchsorted(expert, numbers, right=True)  # [E], where each expert's rows end
        if x.device.type == "cpu":
            return self._one_by_one(x, ends.tolist())
        ends = ends.to(torch.int32)
        inner = swiglu(grouped_mm(x, self.gate_up, ends))
        return grouped_mm(inner, self.down, ends)

    def _one_by_one(self, x: Tensor, ends: list[int]) -> Tensor:
        out = torch.empty_like(x)
        start = 0
        for expert, end in enumerate(ends):
            if end > start:
                inner = swiglu(functional.linear(x[start:end], self.gate_up[expert]))
                out[start:end] = functional.linear(inner, self.down[expert])
            start = end
        return out


def grouped_mm(x: Tensor, weight: Tensor, ends: Tensor) -> Tensor:
    """Rows `ends[e - 1]:ends[e]` of x [N, in] times weight[e] [out, in]: one call, no host sync."""
    if hasattr(functional, "grouped_mm"):
        return functional.grouped_mm(x, weight.transpose(-2, -1), offs=ends)
    grouped: Tensor = torch._grouped_mm(x, weight.transpose(-2, -1), offs=ends)
    return grouped


def swiglu(both: Tensor) -> Tensor:
    """silu(gate) * up of gate and up side by side."""
    gate, up = both.chunk(2, dim=-1)
    return functional.silu(gate) * up
