"""How much memory the keys and values of answers may take."""

import psutil
import torch

from inference.model.spec import ModelSpec

PAGE = 32  # tokens
CPU_SHARE = 0.25  # of the memory that is free now; the rest of the platform lives on the same machine
CUDA_SHARE = 0.85
CUDA_RESERVE = 2 * 2**30  # bytes for activations and graphs
LEAST_TOKENS = 4096


class TooLittleMemory(Exception):
    """The memory given holds not even one short answer; the text says how much is needed."""


def page_bytes(spec: ModelSpec, dtype: torch.dtype) -> int:
    """Bytes of one page: keys and values of all layers."""
    return 2 * spec.layers * spec.kv_heads * spec.head_dim * dtype.itemsize * PAGE


def pages_for(spec: ModelSpec, dtype: torch.dtype, device: torch.device, given: int | None, sequences: int) -> int:
    """Pages for `given` bytes, or for a sensible share of what is free: never more than `sequences` whole contexts."""
    size = page_bytes(spec, dtype)
    most = sequences * -(-spec.context // PAGE) + 1
    pages = min(most, (free_bytes(device) if given is None else given) // size)
    least = min(LEAST_TOKENS, spec.context) // PAGE + 1
    if pages < least:
        raise TooLittleMemory(f"the keys and values of this model need at least {least * size / 2**20:.0f} MiB")
    return int(pages)


def free_bytes(device: torch.device) -> int:
    """What we may take of the device's free memory."""
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        return max(0, int(free * CUDA_SHARE) - CUDA_RESERVE)
    return int(psutil.virtual_memory().available * CPU_SHARE)
