"""What was measured, as JSON and as a table, and held against the goals."""

import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from benchmarks.inference.guided import FREE, GUIDED
from benchmarks.inference.peers import CONTINUOUS, GENERATE, LLAMA, OURS
from benchmarks.inference.works import APART, CACHED, Row

SHORT = {OURS: "ours", GENERATE: "generate", CONTINUOUS: "cont. batching", LLAMA: "llama.cpp"}
PEERS = tuple(SHORT)


@dataclass(frozen=True)
class Target:
    """A goal on the row whose work begins with `work`: one peer's figure over another's, at least `least`.

    Without `over` it is the share of the roofline. `figure` names one of the further figures instead of the row's own.
    """

    work: str
    least: float
    over: str | None
    peer: str = OURS
    figure: str = ""

    @property
    def text(self) -> str:
        """The goal in words."""
        over = (
            f"{SHORT.get(self.peer, self.peer)} / {SHORT.get(self.over, self.over)}" if self.over else "of the roofline"
        )
        return f"{self.work}: {over}" + (f", {self.figure}" if self.figure else "")


CPU_TARGETS = (
    Target("decode, batch 1", 1.7, GENERATE),
    Target("decode, batch 1", 0.7, LLAMA),
    Target("decode, batch 8", 1.5, GENERATE),
    Target("prefill, 128 ", 1.2, GENERATE),
    Target("prefill, 1024 ", 1.2, GENERATE),
    Target("prefill, 2048 ", 1.2, GENERATE),
    Target("panel", 3.0, CACHED, APART),
    Target("structured", 0.95, GUIDED, FREE),
)
CUDA_TARGETS = (
    Target("decode, batch 1", 0.75, None),
    Target("decode, batch 1", 4.0, GENERATE),
    Target("decode, batch 64", 2.0, CONTINUOUS, figure="tokens/s with prefill"),
    Target("prefill, 8192 ", 0.6, None),
    Target("panel", 3.0, CACHED, APART),
    Target("second reader", 8.0, CACHED, APART),
    Target("structured", 0.95, GUIDED, FREE),
)


def judged(rows: Sequence[Row], targets: Sequence[Target]) -> list[dict[str, Any]]:
    """Every goal with what was reached; None where it could not be measured."""
    found = []
    for target in targets:
        row = next((row for row in rows if f"{row.work} ".startswith(target.work)), None)
        if row is None:
            continue
        reached = _reached(row, target)
        met = None if reached is None else reached >= target.least
        found.append({"goal": target.text, "least": target.least, "reached": reached, "met": met})
    return found


def _reached(row: Row, target: Target) -> float | None:
    def figure(peer: str) -> float | None:
        return row.more.get(peer, {}).get(target.figure) if target.figure else row.median(peer)

    mine = figure(target.peer)
    if mine is None:
        return None
    if target.over is None:
        return mine / row.bound
    other = figure(target.over)
    return None if other is None else mine / other


def as_json(about: dict[str, Any], rows: Sequence[Row], goals: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Everything, every round included."""
    return {
        "about": about,
        "rows": [{**asdict(row), "medians": {peer: row.median(peer) for peer in row.values}} for row in rows],
        "goals": list(goals),
    }


def as_markdown(about: dict[str, Any], rows: Sequence[Row], goals: Sequence[dict[str, Any]]) -> str:
    """Three tables: peers side by side, what only we do, and the goals."""
    lines = [", ".join(f"{name} {value}" for name, value in about.items()), ""]
    lines += ["| work | " + " | ".join(SHORT.values()) + " | roofline | ours of it |", "|---" * 7 + "|"]
    for row in rows:
        if row.values.keys() & set(PEERS):
            cells = [_cell(row, peer) for peer in PEERS]
            lines.append(
                f"| {row.work}, {row.unit} | " + " | ".join(cells) + f" | {_number(row.bound)} | {_share(row)} |"
            )
    lines += ["", "| work | way | median | further | roofline |", "|---|---|---|---|---|"]
    for row in rows:
        for way in row.values:
            if way not in PEERS:
                further = ", ".join(f"{name} {_number(value)}" for name, value in row.more.get(way, {}).items())
                lines.append(
                    f"| {row.work}, {row.unit} | {way} | {_cell(row, way)} | {further} | {_number(row.bound)} |"
                )
    lines += ["", "| goal | at least | reached | |", "|---|---|---|---|"]
    for goal in goals:
        met = {True: "met", False: "missed", None: "not measured"}[goal["met"]]
        lines.append(f"| {goal['goal']} | {goal['least']:g} | {_number(goal['reached'])} | {met} |")
    reasons = {f"{SHORT.get(peer, peer)}: {why}" for row in rows for peer, why in (row.failed | row.absent).items()}
    lines += ["", *sorted(f"- {reason}" for reason in reasons)]
    return "\n".join(lines).rstrip() + "\n"


def _cell(row: Row, peer: str) -> str:
    """The median, and how far the rounds lie apart."""
    found = row.values.get(peer)
    if not found:
        return "failed" if peer in row.failed else "-"
    spread = f" ({_number(min(found))}-{_number(max(found))})" if len(found) > 1 else ""
    return _number(row.median(peer)) + spread


def _share(row: Row) -> str:
    mine = row.median(OURS)
    if mine is None:
        return "-"
    return f"{mine / row.bound if row.unit == 'tokens/s' else row.bound / mine:.0%}"


def _number(value: float | None) -> str:
    """Three digits that count."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def about_machine(device: torch.device, rows: Sequence[Row]) -> dict[str, Any]:
    """What the figures were measured on."""
    import transformers

    card = torch.cuda.get_device_name(device) if device.type == "cuda" else _processor()
    return {
        "machine": card,
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "bandwidth GB/s": round(max(row.machine.bandwidth for row in rows) / 1e9, 1),
        "bf16 TFLOP/s": round(max(row.machine.flops for row in rows) / 1e12, 3),
        "load": round(os.getloadavg()[0], 1),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
