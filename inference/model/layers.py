"""The parts of a layer: linear maps in several storage forms, and the mixture of experts.

Shapes: T tokens, D width of the model, I inner width, E experts, K experts a token uses.
"""

from collections.abc import Callable
from typing import Any, Literal, Protocol

import torch
from torch import Tensor
from torch.nn import functional

from inference.model import native
from inference.model.spec import MoeSpec

Held = Literal["bf16", "fp32", "int8"]


class Linear(Protocol):
    """x [T, in] to [T, out]."""

    def __call__(self, x: Tensor) -> Tensor: ...


LinearMaker = Callable[[Tensor, Tensor | None], Linear]  # weight [out, in] and bias [out] to a linear map


def linear_maker(held: Held, device: torch.device) -> LinearMaker:
    """The fastest form that this machine has for weights held so."""
    if held == "int8":
        return Int8Linear
    if held == "fp32" or device.type != "cpu":
        return PlainLinear
    if native.kernels() is not None:
        return NativeLinear
    return PackedLinear if _has_packing() else PlainLinear


def quantised(weight: Tensor) -> tuple[Tensor, Tensor]:
    """Eight-bit integers [out, in] and a float32 scale per row [out]; their product is the weight, nearly."""
    scale = weight.float().abs().amax(dim=1).clamp(min=1e-12) / 127
    return (weight.float() / scale.unsqueeze(1)).round().to(torch.int8), scale


class PlainLinear:
    """The matrix as it is."""

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        self.weight = weight
        self.bias = bias

    def __call__(self, x: Tensor) -> Tensor:
        return functional.linear(x, self.weight, self.bias)


class NativeLinear:
    """A bfloat16 matrix in the order in which our CPU kernel reads it."""

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        library = native.kernels()
        assert library is not None
        self._library = library
        self._rows = weight.shape[0]
        self._packed = native.pack(weight)
        self._bias = None if bias is None else bias.float()

    def __call__(self, x: Tensor) -> Tensor:
        return self._library.linear(x, self._packed, None, self._bias, self._rows)

    def rows(self, numbers: Tensor) -> Tensor:
        """Rows of the weight [N, in], so that a head can serve as the embedding too."""
        return self._packed[numbers // native.PANEL, :, numbers % native.PANEL].flatten(1)


class PackedLinear:
    """A bfloat16 matrix in oneDNN's own order: the same result as plain, in fewer passes over memory."""

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        self._packed = torch.ops.mkldnn._reorder_linear_weight(weight.contiguous(), 1)
        self._bias = bias

    def __call__(self, x: Tensor) -> Tensor:
        out: Tensor = torch.ops.mkldnn._linear_pointwise(x, self._packed, self._bias, "none", [], "")
        return out


class Int8Linear:
    """Weights of eight bits with a scale per output, activations in bfloat16: half the memory to read."""

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        whole, self._scale = quantised(weight)
        self._rows = weight.shape[0]
        self._library = native.kernels() if weight.device.type == "cpu" else None
        self._weight = whole if self._library is None else native.pack(whole)
        self._bias = bias if bias is None or self._library is None else bias.float()

    def __call__(self, x: Tensor) -> Tensor:
        if self._library is not None:
            return self._library.linear(x, self._weight, self._scale, self._bias, self._rows)
        if x.device.type == "cpu":
            out = torch._weight_int8pack_mm(x.contiguous(), self._weight, self._scale.to(x.dtype))
        else:
            out = functional.linear(x, self._weight.to(x.dtype)) * self._scale.to(x.dtype)
        return out if self._bias is None else out + self._bias


def _has_packing() -> bool:
    """Whether these private operators are there and take what we give them."""
    operators: Any = torch.ops.mkldnn
    try:
        packed = operators._reorder_linear_weight(torch.ones(16, 16, dtype=torch.bfloat16), 1)
        operators._linear_pointwise(torch.ones(1, 16, dtype=torch.bfloat16), packed, None, "none", [], "")
    except (AttributeError, RuntimeError):
        return False
    return True


class MoE:
    """A router that sends every token through its K best experts and adds their answers by weight."""

    def __init__(self, spec: MoeSpec, router: Tensor, gate_up: Tensor, down: Tensor, make: LinearMaker) -> None:
        self.spec = spec
        self.router = router  # [E, D]
        self._one_by_one = router.device.type == "cpu"
        if self._one_by_one:
            self._experts = [(make(into, None), make(out, None)) for into, out in zip(gate_up, down, strict=True)]
        else:
            self._gate_up = gate_up  # [E, 2I, D]
            self._down = down  # [E, D, I]

    def __call__(self, x: Tensor) -> Tensor:
        scores = functional.linear(x, self.router).softmax(dim=-1, dtype=torch.float32)
        weight, chosen = scores.topk(self.spec.active, dim=-1)  # [T, K]
        if self.spec.renormalise:
            weight = weight / weight.sum(dim=-1, keepdim=True)
        order = chosen.flatten().argsort(stable=True)
        expert = chosen.flatten()[order]
        numbers = torch.arange(self.spec.experts, device=x.device)
        ends = torch.searchsorted(expert, numbers, right=True)  # [E], where each expert's rows end
        answers = self._answers(x[order // self.spec.active], ends)  # [T * K, D], by expert
        answers = answers * weight.to(x.dtype).flatten()[order].unsqueeze(-1)
        back = torch.empty_like(answers)
        back[order] = answers  # no atomics: the sum over a token's experts has one order
        return back.view(x.shape[0], self.spec.active, -1).sum(dim=1)

    def _answers(self, x: Tensor, ends: Tensor) -> Tensor:
        """x [T * K, D] sorted by expert. On CUDA without a host sync, so that a graph can hold it."""
        if not self._one_by_one:
            offsets = ends.to(torch.int32)
            return grouped_mm(swiglu(grouped_mm(x, self._gate_up, offsets)), self._down, offsets)
        out = torch.empty_like(x)
        start = 0
        for (into, back), end in zip(self._experts, ends.tolist(), strict=True):
            if end > start:
                out[start:end] = back(swiglu(into(x[start:end])))
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
