"""Which open checkpoints would run on this machine, by what their weights and a panel's keys and values take.

A panel of reviewers shares the manuscript: its keys and values are held once, and each reviewer's own answer beside it.
"""

import tomllib
from pathlib import Path

import msgspec
import psutil
from msgspec import Struct

GIB = 2**30
OVERHEAD = int(1.5 * GIB)  # the process, its libraries and the tensors of one forward
WEIGHT_BYTES = {"bf16": 2.0, "int8": 1.1}  # a parameter; int8 keeps scales, norms and embeddings wider
KV_BYTES = 2
ANSWER_TOKENS = 2048  # of one reviewer


class Checkpoint(Struct, frozen=True):
    """A published model. `parameters` and `active` (those that one token uses) are in billions."""

    id: str
    parameters: float
    layers: int
    kv_heads: int
    head_dim: int
    context: int
    licence: str
    active: float | None = None

    @property
    def kv_bytes_per_token(self) -> int:
        """Keys and values of one token in all layers."""
        return 2 * self.layers * self.kv_heads * self.head_dim * KV_BYTES


class Machine(Struct, frozen=True):
    """Where a model would live: bytes that are free now."""

    device: str
    free: int


class Fit(Struct, frozen=True):
    """Whether one checkpoint fits, in bytes, and why."""

    id: str
    parameters: float
    weights: int
    kv: int
    needed: int
    dtype: str | None
    why: str
    licence: str


def known() -> list[Checkpoint]:
    """The checkpoints we list, smallest first."""
    text = (Path(__file__).parent / "checkpoints.toml").read_text(encoding="utf-8")
    found = msgspec.convert(tomllib.loads(text)["checkpoint"], list[Checkpoint])
    return sorted(found, key=lambda one: one.parameters)


def this_machine() -> Machine:
    """The first CUDA device if there is one, else the memory of the CPU."""
    import torch

    if torch.cuda.is_available():
        free, _ = torch.cuda.mem_get_info()
        return Machine(torch.cuda.get_device_name(), free)
    return Machine("CPU", psutil.virtual_memory().available)


def fit(checkpoint: Checkpoint, machine: Machine, *, context: int, panel: int) -> Fit:
    """What the checkpoint takes for a panel over one manuscript of `context` tokens, in the widest dtype that fits."""
    tokens = context + panel * ANSWER_TOKENS
    kv = tokens * checkpoint.kv_bytes_per_token
    dtype, weights, needed = None, 0, 0
    for candidate, size in WEIGHT_BYTES.items():
        weights = int(checkpoint.parameters * 1e9 * size)
        needed = weights + kv + OVERHEAD
        dtype = candidate
        if needed <= machine.free:
            break
    else:
        dtype = None
    why = _why(checkpoint, machine, dtype, needed, context)
    if context + ANSWER_TOKENS > checkpoint.context:
        dtype = None
    return Fit(checkpoint.id, checkpoint.parameters, weights, kv, needed, dtype, why, checkpoint.licence)


def _why(checkpoint: Checkpoint, machine: Machine, dtype: str | None, needed: int, context: int) -> str:
    if context + ANSWER_TOKENS > checkpoint.context:
        return f"reads {checkpoint.context} tokens, {context + ANSWER_TOKENS} are wanted"
    if dtype is None:
        return f"needs {needed / GIB:.1f} GiB even in int8, {machine.free / GIB:.1f} are free on {machine.device}"
    slow = checkpoint.active or checkpoint.parameters
    words = f"fits in {dtype} with {(machine.free - needed) / GIB:.1f} GiB to spare"
    return f"{words}; slow on a CPU" if machine.device == "CPU" and slow > 2 else words
