"""Where the time of one work goes, by kind of operation: the profile behind a goal that was missed.

Our CPU kernels are called past torch, so our side is clocked at the seams of the code, each part without what it calls.
transformers on a CPU, and everything on a card, is read from torch's profiler.
"""

import functools
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch

from inference.attention.cpu import CpuReader, Gathered
from inference.engine import engine as engine_module
from inference.engine.engine import Engine
from inference.engine.runner import Runner
from inference.engine.scheduler import Scheduler
from inference.model.layers import NativeLinear, PackedLinear, PlainLinear
from inference.model.native import Library
from inference.model.rope import Rope
from inference.model.transformer import Transformer

SEAMS: tuple[tuple[Any, str, str], ...] = (
    (NativeLinear, "__call__", "products"),
    (PackedLinear, "__call__", "products"),
    (PlainLinear, "__call__", "products"),
    (CpuReader, "__call__", "attention"),
    (CpuReader, "__init__", "attention"),
    (Gathered, "mixed", "attention"),
    (Library, "add_norm", "glue"),
    (Library, "place", "glue"),
    (Library, "swiglu", "glue"),
    (Rope, "at", "glue"),
    (Transformer, "forward", "forward, rest"),
    (Runner, "_step", "step tensors"),
    (engine_module, "sample", "sampling"),
    (Scheduler, "plan", "scheduling"),
    (Scheduler, "commit", "scheduling"),
    (Engine, "_flush", "handing out"),
    (Engine, "_step", "engine, rest"),
)
KINDS = {
    "products": ("mm", "linear", "gemm", "cutlass", "nvjet", "xmma", "gemv", "splitk"),
    "attention": ("attention", "flash", "fmha", "paged", "extend", "decode", "merge"),
    "sampling": ("argmax", "topk", "sort", "multinomial", "cumsum", "softmax", "searchsorted"),
}


class Clock:
    """Seconds by part, each without the parts it calls. Only the engine's thread passes the seams.

    `now` is the wall's clock, or the processor's: that one says something on a busy machine too.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self.now = now
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.calls: Counter[str] = Counter()
        self._inside: list[float] = []

    def around(self, work: Callable[..., Any], part: str) -> Callable[..., Any]:
        """The same function, clocked."""

        @functools.wraps(work)
        def clocked(*args: Any, **kwargs: Any) -> Any:
            self._inside.append(0.0)
            begin = self.now()
            try:
                return work(*args, **kwargs)
            finally:
                whole = self.now() - begin
                self.seconds[part] += whole - self._inside.pop()
                self.calls[part] += 1
                if self._inside:
                    self._inside[-1] += whole

        return clocked


@contextmanager
def clocked(now: Callable[[], float]) -> Iterator[Clock]:
    """All seams under one clock."""
    clock = Clock(now)
    plain = [(owner, name, getattr(owner, name)) for owner, name, _ in SEAMS]
    for owner, name, part in SEAMS:
        setattr(owner, name, clock.around(getattr(owner, name), part))
    try:
        yield clock
    finally:
        for owner, name, work in plain:
            setattr(owner, name, work)


def ours_on_cpu(work: Callable[[], object], now: Callable[[], float] = time.perf_counter) -> dict[str, float]:
    """Seconds of each part while our engine does `work`, and of what lies between."""
    with clocked(now) as clock:
        begin = now()
        work()
        whole = now() - begin
    return by_size(dict(clock.seconds), whole)


def by_torch(work: Callable[[], object], device: torch.device) -> dict[str, float]:
    """Seconds of each kind of operation: of this thread on a CPU, of the card's kernels on a card."""
    from torch.profiler import ProfilerActivity, profile

    card = device.type == "cuda"
    begin = time.perf_counter()
    with profile(activities=[ProfilerActivity.CUDA if card else ProfilerActivity.CPU]) as found:
        work()
        if card:
            torch.cuda.synchronize(device)
        whole = time.perf_counter() - begin
    seconds: dict[str, float] = defaultdict(float)
    for event in found.key_averages():
        spent = event.self_device_time_total if card else event.self_cpu_time_total
        seconds[kind_of(event.key)] += spent / 1e6
    return by_size(seconds, whole)


def kind_of(name: str) -> str:
    """The kind of a torch operation or of a card's kernel, by its name."""
    lower = name.lower()
    return next((kind for kind, words in KINDS.items() if any(word in lower for word in words)), "glue")


def by_size(seconds: dict[str, float], whole: float) -> dict[str, float]:
    """The largest part first; what no part accounts for is the host's."""
    rest = max(0.0, whole - sum(seconds.values()))
    return dict(sorted({**seconds, "host and waiting": rest}.items(), key=lambda part: -part[1]))


def as_markdown(title: str, seconds: dict[str, float]) -> str:
    """One line of a profile."""
    whole = sum(seconds.values())
    parts = ", ".join(f"{part} {spent / whole:.0%}" for part, spent in seconds.items() if spent >= 0.005 * whole)
    return f"- {title}: {whole:.3g} s: {parts}"
