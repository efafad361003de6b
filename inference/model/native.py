"""Compiles and binds native.c, where a C compiler and the processor allow; `kernels()` is None everywhere else.

The library is built once per source, compiler and processor, and kept in the user's cache folder. It shares torch's
OpenMP runtime, so that its threads are torch's threads.
"""

import ctypes
import hashlib
import logging
import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

SOURCE = Path(__file__).with_name("native.c")
_LOOSE = ("-fno-math-errno", "-fno-trapping-math", "-fno-signed-zeros", "-fassociative-math", "-freciprocal-math")
"""Sums may be reordered. Not -ffast-math: linking with it turns subnormal numbers off for the whole process."""
FLAGS = ("-O3", "-march=native", *_LOOSE, "-fopenmp", "-shared", "-fPIC")
PANEL = 64  # weight rows that lie together; as in native.c
BUILD_SECONDS = 60

log = logging.getLogger(__name__)


class Library:
    """The kernels, called with tensors."""

    def __init__(self, path: Path) -> None:
        loaded = ctypes.CDLL(str(path))
        pointer, long, number = ctypes.c_void_p, ctypes.c_long, ctypes.c_int
        self._linear: Any = loaded.linear
        self._linear.argtypes = [pointer] * 5 + [long] * 3 + [number]
        self._linear.restype = None
        self._attend: Any = loaded.attend
        self._attend.argtypes = [pointer] * 8 + [long] * 6 + [ctypes.c_float, number]
        self._attend.restype = number
        self._attend_many: Any = loaded.attend_many
        self._attend_many.argtypes = [pointer] * 5 + [long] * 7 + [ctypes.c_float, number]
        self._attend_many.restype = number
        self._add_norm: Any = loaded.add_norm
        self._add_norm.argtypes = [pointer] * 4 + [long] * 2 + [ctypes.c_float, number]
        self._place: Any = loaded.place
        self._place.argtypes = [pointer] * 9 + [long] * 4 + [ctypes.c_float, number]
        self._swiglu: Any = loaded.swiglu
        self._swiglu.argtypes = [pointer] * 2 + [long] * 2 + [number]

    def linear(self, x: Tensor, packed: Tensor, scale: Tensor | None, bias: Tensor | None, width: int) -> Tensor:
        """x [T, in] bfloat16 times a weight packed by `pack`, to [T, width]."""
        x = x.contiguous()
        out = x.new_empty(x.shape[0], width)
        self._linear(
            x.data_ptr(),
            packed.data_ptr(),
            None if scale is None else scale.data_ptr(),
            None if bias is None else bias.data_ptr(),
            out.data_ptr(),
            x.shape[0],
            x.shape[1],
            width,
            torch.get_num_threads(),
        )
        return out

    def attend(
        self,
        query: Tensor,
        keys: Tensor,
        values: Tensor,
        pages: Tensor,
        who: tuple[Tensor, Tensor, Tensor],
        out: Tensor,
    ) -> None:
        """Attention of the tokens `who`: rows of query and out, their sequences, the keys they see; all int64."""
        token, sequence, visible = who
        _, size, kv_heads, dim = keys.shape
        failed = self._attend(
            query.data_ptr(),
            keys.data_ptr(),
            values.data_ptr(),
            pages.data_ptr(),
            token.data_ptr(),
            sequence.data_ptr(),
            visible.data_ptr(),
            out.data_ptr(),
            token.shape[0],
            pages.shape[1],
            size,
            query.shape[1],
            kv_heads,
            dim,
            dim**-0.5,
            torch.get_num_threads(),
        )
        if failed:
            raise MemoryError("no memory for the scores of attention")

    def attend_many(
        self, query: Tensor, keys: Tensor, values: Tensor, pages: Tensor, length: int, block: int, out: Tensor
    ) -> None:
        """Attention of the last tokens of one sequence of `length`: query and out [N, H, D], pages [P] its own."""
        _, size, kv_heads, dim = keys.shape
        failed = self._attend_many(
            query.data_ptr(),
            keys.data_ptr(),
            values.data_ptr(),
            pages.data_ptr(),
            out.data_ptr(),
            query.shape[0],
            length,
            block,
            size,
            query.shape[1],
            kv_heads,
            dim,
            dim**-0.5,
            torch.get_num_threads(),
        )
        if failed:
            raise MemoryError("no memory for the scores of attention")

    def add_norm(self, x: Tensor, delta: Tensor | None, weight: Tensor, epsilon: float) -> Tensor:
        """x += delta in place; x normalised. All [T, D]."""
        out = torch.empty_like(x)
        self._add_norm(
            x.data_ptr(),
            None if delta is None else delta.data_ptr(),
            weight.data_ptr(),
            out.data_ptr(),
            *x.shape,
            epsilon,
            torch.get_num_threads(),
        )
        return out

    def place(
        self,
        heads: Tensor,
        norms: tuple[Tensor | None, Tensor | None],
        turn: tuple[Tensor, Tensor],
        slots: Tensor,
        keys: Tensor,
        values: Tensor,
        epsilon: float,
    ) -> Tensor:
        """heads [T, H + 2 KV, D] normalised and rotated: queries [T, H, D] returned, the rest into the pool's slots."""
        tokens, count, dim = heads.shape
        kv_heads = keys.shape[2]
        query = heads.new_empty(tokens, count - 2 * kv_heads, dim)
        self._place(
            heads.data_ptr(),
            *(None if norm is None else norm.data_ptr() for norm in norms),
            *(part.data_ptr() for part in turn),
            slots.data_ptr(),
            query.data_ptr(),
            keys.data_ptr(),
            values.data_ptr(),
            tokens,
            count - 2 * kv_heads,
            kv_heads,
            dim,
            epsilon,
            torch.get_num_threads(),
        )
        return query

    def swiglu(self, both: Tensor) -> Tensor:
        """silu(gate) * up of gate and up side by side [T, 2 I]."""
        out = both.new_empty(both.shape[0], both.shape[1] // 2)
        self._swiglu(both.data_ptr(), out.data_ptr(), *out.shape, torch.get_num_threads())
        return out


def pack(weight: Tensor) -> Tensor:
    """[out, in] to [panels, in / 2, 64, 2]: the order in which the kernel reads. `in` must be even."""
    rows, width = weight.shape
    panels = -(-rows // PANEL)
    if rows % PANEL:
        weight = torch.cat((weight, weight.new_zeros(panels * PANEL - rows, width)))
    return weight.view(panels, PANEL, width // 2, 2).transpose(1, 2).contiguous()


@cache
def kernels() -> Library | None:
    """The kernels, built if need be; None when this machine cannot have them."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    flags = _processor()
    if compiler is None or "avx512_bf16" not in flags:
        return None
    version = subprocess.run([compiler, "--version"], capture_output=True, check=False, timeout=BUILD_SECONDS).stdout
    key = hashlib.sha256(SOURCE.read_bytes() + version + flags.encode() + repr(FLAGS).encode()).hexdigest()[:16]
    try:
        path = Path.home() / ".cache" / "aixiv-inference" / f"native-{key}.so"
        if not path.exists():
            _build(compiler, path)
        return Library(path)
    except (OSError, RuntimeError, subprocess.SubprocessError) as error:
        log.warning("CPU kernels could not be built, torch's are used: %s", error)
        return None


def _build(compiler: str, path: Path) -> None:
    """Compile beside the goal and move there, so that two processes never load half a library."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, unfinished = tempfile.mkstemp(dir=path.parent, suffix=".so")
    os.close(handle)
    built = subprocess.run(
        [compiler, *FLAGS, "-o", unfinished, str(SOURCE), "-lm"],
        capture_output=True,
        check=False,
        timeout=BUILD_SECONDS,
    )
    if built.returncode:
        Path(unfinished).unlink()
        raise OSError(built.stderr.decode(errors="replace")[:500])
    Path(unfinished).replace(path)


def _processor() -> str:
    """What the processor can do, as Linux tells; empty elsewhere."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return ""
    return next((line for line in text.splitlines() if line.startswith("flags")), "")
