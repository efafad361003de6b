"""Rotary position embedding and the ways it was stretched to longer contexts.

llama3: the stretch of Llama 3.1, by wavelength. yarn: arXiv:2309.00071, a ramp between stretched and unstretched
frequencies and a factor on cos and sin. linear: all frequencies divided by one factor.
"""

import math

import torch
from torch import Tensor

from inference.model.spec import RopeSpec


class Rope:
    """Cos and sin tables by position, kept in float32 and handed out in the model's dtype."""

    def __init__(self, spec: RopeSpec, context: int, dtype: torch.dtype, device: torch.device) -> None:
        frequency, factor = frequencies(spec)
        angle = torch.outer(torch.arange(context, dtype=torch.float32), frequency)  # [context, width / 2]
        angle = torch.cat((angle, angle), dim=-1)
        self.cos = (angle.cos() * factor).to(device=device, dtype=dtype)  # [context, width]
        sin = angle.sin() * factor
        sin[:, : spec.width // 2].neg_()  # the sign of the half-rotation lives here, so `rotate` needs no negation
        self.sin = sin.to(device=device, dtype=dtype)

    def at(self, positions: Tensor) -> tuple[Tensor, Tensor]:
        """Cos and signed sin of these positions, each [T, 1, width]."""
        return self.cos[positions].unsqueeze(1), self.sin[positions].unsqueeze(1)


def rotate(heads: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotate [T, H, head_dim]; numbers of a head beyond the rotated width pass through."""
    width = cos.shape[-1]
    if width == heads.shape[-1]:
        return _rotated(heads, cos, sin)
    return torch.cat((_rotated(heads[..., :width], cos, sin), heads[..., width:]), dim=-1)


def _rotated(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    return x * cos + x.roll(x.shape[-1] // 2, -1) * sin


def frequencies(spec: RopeSpec) -> tuple[Tensor, float]:
    """Angles per position [width / 2] in float32, and the factor on cos and sin."""
    plain = 1.0 / spec.theta ** (torch.arange(0, spec.width, 2, dtype=torch.float32) / spec.width)
    if spec.kind == "linear":
        return plain / spec.factor, 1.0
    if spec.kind == "llama3":
        return _llama3(plain, spec), 1.0
    if spec.kind == "yarn":
        return _yarn(plain, spec), _yarn_factor(spec)
    return plain, 1.0


def _llama3(plain: Tensor, spec: RopeSpec) -> Tensor:
    """Short waves stay, long waves are stretched, in between a blend by how often a wave fits the old context."""
    fits = spec.original_context * plain / (2 * math.pi)  # waves in the old context
    blend = (fits - spec.low_frequency) / (spec.high_frequency - spec.low_frequency)
    return torch.lerp(plain / spec.factor, plain, blend.clamp(0, 1))


def _yarn(plain: Tensor, spec: RopeSpec) -> Tensor:
    low, high = _turning_point(spec.fast, spec), _turning_point(spec.slow, spec)
    if spec.truncate:
        low, high = math.floor(low), math.ceil(high)
    low, high = max(low, 0), min(high, spec.width - 1)
    if low == high:
        high += 0.001
    ramp = ((torch.arange(spec.width // 2, dtype=torch.float32) - low) / (high - low)).clamp(0, 1)
    return plain / spec.factor * ramp + plain * (1 - ramp)


def _turning_point(turns: float, spec: RopeSpec) -> float:
    """The (fractional) index whose wave turns this often within the old context."""
    return spec.width * math.log(spec.original_context / (turns * 2 * math.pi)) / (2 * math.log(spec.theta))


def _yarn_factor(spec: RopeSpec) -> float:
    if spec.attention_factor is not None:
        return spec.attention_factor
    if spec.numerator and spec.denominator:
        return _stretch(spec.factor, spec.numerator) / _stretch(spec.factor, spec.denominator)
    return _stretch(spec.factor, 1.0)


def _stretch(factor: float, scale: float) -> float:
    return 1.0 if factor <= 1 else 0.1 * scale * math.log(factor) + 1.0
