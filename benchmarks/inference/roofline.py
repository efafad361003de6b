"""What the hardware allows: bytes and operations per second as measured here and now, and what a work needs of them.

Other programs on the machine only ever take away, so the best of several tries counts. The bounds are lower bounds of
seconds: reading every weight and every visible key once, and every product at the speed of one large product.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch

from inference.model.spec import ModelSpec

READ_BYTES = {"cpu": 1 << 29, "cuda": 1 << 33}
PRODUCT = {"cpu": 2048, "cuda": 8192}  # edge of the square matrices of a large product


@dataclass(frozen=True)
class Machine:
    """Bytes and floating-point operations per second."""

    bandwidth: float
    flops: float


def seconds(
    work: Callable[[], object], times: int, device: torch.device, clock: Callable[[], float] = time.perf_counter
) -> float:
    """The best of several runs, by the wall's clock or by the processor's."""
    best = float("inf")
    for _ in range(times):
        start = clock()
        work()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        best = min(best, clock() - start)
    return best


def bandwidth(device: torch.device, times: int) -> float:
    """Bytes per second of a plain sum over memory much larger than a cache."""
    size = READ_BYTES[device.type]
    memory = torch.ones(size // 4, dtype=torch.float32, device=device)
    return size / seconds(memory.sum, times, device)


def measure(device: torch.device, times: int = 8, dtype: torch.dtype = torch.bfloat16) -> Machine:
    """What a plain read and a large product reach."""
    edge = PRODUCT[device.type]
    left = torch.randn(edge, edge, device=device).to(dtype)
    right = torch.randn(edge, edge, device=device).to(dtype)
    product = seconds(lambda: left @ right, times + 1, device)  # the first one warms up
    return Machine(bandwidth(device, times), 2 * edge**3 / product)


def weight_bytes(spec: ModelSpec, size: int = 2) -> int:
    """Bytes of weights that one forward reads. Of an embedding that is not also the head only a few rows are."""
    looked_up = 0 if spec.tied else spec.vocabulary * spec.width
    return (spec.parameters() - looked_up) * size


def key_bytes(spec: ModelSpec, size: int = 2) -> int:
    """Bytes of keys and values of one token."""
    return 2 * spec.layers * spec.kv_heads * spec.head_dim * size


def decode_seconds(spec: ModelSpec, machine: Machine, sequences: int, length: float, size: int = 2) -> float:
    """The least time of one step in which each sequence gets one token and sees `length` keys. Dense models only."""
    read = weight_bytes(spec, size) + sequences * length * key_bytes(spec)
    return max(read / machine.bandwidth, weight_bytes(spec, 1) * 2 * sequences / machine.flops)


def prefill_seconds(spec: ModelSpec, machine: Machine, tokens: int) -> float:
    """The least time of a prompt: causal attention and all products but the head's, which only the last token needs."""
    layers = weight_bytes(spec, 1) - spec.vocabulary * spec.width
    attention = 2 * spec.layers * spec.heads * spec.head_dim * tokens * tokens  # half of both products
    work = 2 * layers * tokens + attention
    return max(work / machine.flops, weight_bytes(spec) / machine.bandwidth)
