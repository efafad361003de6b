"""Write the paper's sources from `results.json`: every `<<name>>` in a template becomes a measured number.

    python examples/paper/fill.py              # templates/v1 -> v1, templates/v2 -> v2
    python examples/paper/fill.py --names      # print every name and its value

Means are over blocks, intervals are 95 % percentile bootstrap intervals over blocks (10,000 resamples, fixed seed).
Percentages are computed from the rounded values that are printed beside them, so that a reader who recomputes them
from the page gets the same. An unknown name is an error.
"""

import argparse
import hashlib
import json
import re
import statistics
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
RESAMPLES = 10_000
Values = dict[tuple[str, int, int], list[float]]  # (variant, writers, batch) -> one value a block


def column(runs: list[dict[str, Any]], field: str) -> Values:
    """One field of all runs, by cell, in the order of the blocks."""
    values: Values = defaultdict(list)
    for run in sorted(runs, key=lambda run: run["block"]):
        values[run["variant"], run["writers"], run["batch"]].append(run[field])
    return values


def interval(statistic: Callable[..., Any], *samples: list[float], seed: int = 1979) -> tuple[float, float]:
    """95 % percentile bootstrap interval; the samples are resampled together, block by block."""
    arrays = [np.asarray(sample) for sample in samples]
    chosen = np.random.default_rng(seed).integers(0, len(arrays[0]), (RESAMPLES, len(arrays[0])))
    low, high = np.percentile(statistic(*(array[chosen] for array in arrays)), [2.5, 97.5])
    return float(low), float(high)


def mean(sample: Any) -> Any:
    """Mean over blocks."""
    return sample.mean(axis=-1)


def change(new: Any, old: Any) -> Any:
    """Relative change of the means in percent, negative for a loss."""
    return 100 * (new.mean(axis=-1) / old.mean(axis=-1) - 1)


def whole(value: float) -> str:
    """An integer with thousands separators."""
    return f"{round(value):,}"


def names(results: dict[str, Any]) -> dict[str, str]:
    """Every name a template may use."""
    return {
        **setting_names(results),
        **rate_names(results["runs"]),
        **cost_names(results["runs"]),
        **verification_names(results["verification"]),
        **tampering_names(results["tampering"]),
    }


def software_heritage_id(content: bytes) -> str:
    """Persistent identifier of a file, computed from its bytes: it finds the file in any archive that holds it."""
    return "swh:1:cnt:" + hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def setting_names(results: dict[str, Any]) -> dict[str, str]:
    """Design, machine and controls."""
    runs, control = results["runs"], results["unlocked_control"]
    chained = [run for run in runs if run["broken_links"] is not None]
    environment = results["environment"]
    return {
        "swh.results": software_heritage_id((HERE / "results.json").read_bytes()),
        "blocks": str(results["settings"]["blocks"]),
        "seed": str(results["settings"]["seed"]),
        "runs": whole(len(runs)),
        "cells": str(len(column(runs, "events"))),
        "chained.runs": whole(len(chained)),
        "chained.events": whole(sum(run["events"] for run in chained)),
        "chained.broken": str(sum(run["broken_links"] for run in chained)),
        "control.runs": str(len(control)),
        "control.bad": str(sum(run["broken_links"] > 0 for run in control)),
        "control.share": f"{100 * sum(r['broken_links'] for r in control) / sum(r['events'] for r in control):.1f}",
        "load.mean": f"{statistics.mean(results['load_average']):.2f}",
        "load.max": f"{max(results['load_average']):.2f}",
        "cpu": environment["cpu"],
        "cpus": str(environment["cpus"]),
        "memory": f"{environment['memory_gib']:.1f}",
        "kernel": environment["kernel"],
        "python": environment["python"],
        "psycopg": environment["psycopg"],
        "postgres": environment["postgres"]["server_version"],
    }


def rate_names(runs: list[dict[str, Any]]) -> dict[str, str]:
    """Throughput of every cell and its change against the plain log of the same writers and batch."""
    rates, out = column(runs, "events_per_second"), {}
    for (variant, writers, batch), sample in rates.items():
        key, plain = f"{variant}.{writers}.{batch}", rates["plain", writers, batch]
        low, high = interval(mean, sample)
        out[f"rate.{key}"] = whole(statistics.mean(sample))
        out[f"rate.ci.{key}"] = f"{whole(low)}--{whole(high)}"
        out[f"rate.minus.{key}"] = str(round(statistics.mean(sample)) - round(low))
        out[f"rate.plus.{key}"] = str(round(high) - round(statistics.mean(sample)))
        out[f"rate.bare.{key}"] = str(round(statistics.mean(sample)))
        if variant != "plain":
            low, high = interval(change, sample, plain)
            shown = 100 * (round(statistics.mean(sample)) / round(statistics.mean(plain)) - 1)
            out[f"change.{key}"] = f"${shown:+.1f}$"
            out[f"loss.{key}"] = f"{-shown:.1f}"
            out[f"change.ci.{key}"] = f"${low:+.1f}$ to ${high:+.1f}$"
            out[f"loss.ci.{key}"] = f"{-high:.1f} to {-low:.1f}"
    return {**out, **step_names(rates)}


def step_names(rates: Values) -> dict[str, str]:
    """What hashing adds to the lock, and what sixteen chains win back, for each number of writers."""
    out = {}
    for step, new, old in (("hash", "chained", "locked"), ("shard", "sharded", "chained")):
        for writers in (1, 2, 4, 8):
            a, b = rates[new, writers, 1], rates[old, writers, 1]
            low, high = interval(change, a, b)
            shown = 100 * (round(statistics.mean(a)) / round(statistics.mean(b)) - 1)
            out[f"{step}.{writers}"] = f"${shown:+.1f}$"
            out[f"{step}.size.{writers}"] = f"{abs(shown):.1f}"
            out[f"{step}.ci.{writers}"] = f"${low:+.1f}$ to ${high:+.1f}$"
            out[f"{step}.size.ci.{writers}"] = f"{min(abs(low), abs(high)):.1f} to {max(abs(low), abs(high)):.1f}"
    return out


def cost_names(runs: list[dict[str, Any]]) -> dict[str, str]:
    """Latency, server CPU and write-ahead log of every cell."""
    out = {}
    for field, digits in (("p50_ms", 2), ("p95_ms", 2), ("server_cpu_us", 0), ("wal_bytes", 0)):
        for (variant, writers, batch), sample in column(runs, field).items():
            low, high = interval(mean, sample)
            key = f"{field.split('_')[0]}.{variant}.{writers}.{batch}"
            out[key] = f"{statistics.mean(sample):.{digits}f}"
            out[f"{key}.ci"] = f"{low:.{digits}f}--{high:.{digits}f}"
    return out


def verification_names(verification: dict[str, Any]) -> dict[str, str]:
    """Speed of verification and size of the log."""
    events, out = verification["events"], {}
    for side in ("client", "server"):
        seconds = verification[f"{side}_seconds"]
        low, high = interval(mean, seconds)
        shown = round(statistics.mean(seconds), 3)
        out[f"verify.{side}"] = f"{shown:.3f}"
        out[f"verify.{side}.ci"] = f"{low:.3f}--{high:.3f}"
        out[f"verify.{side}.rate"] = whole(events / shown)
    return {
        **out,
        "verify.events": whole(events),
        "verify.day": whole(86_400),
        "body.bytes": f"{verification['body_bytes']:.0f}",
        "hash.bytes": f"{verification['hash_bytes']:.0f}",
        "row.bytes": f"{verification['row_bytes']:.0f}",
    }


def tampering_names(tampering: dict[str, Any]) -> dict[str, str]:
    """Forgeries noticed, of each kind and in all."""
    attacks, out = tampering["attacks"], {"tamper.events": whole(tampering["events"])}
    for field in ("trials", "chain_alone", "with_anchor"):
        for attack, counts in attacks.items():
            out[f"tamper.{attack}.{field}"] = str(counts[field])
        out[f"tamper.total.{field}"] = str(sum(counts[field] for counts in attacks.values()))
    return out


def fill(text: str, values: dict[str, str]) -> str:
    """The template with its names replaced."""
    return re.sub(r"<<([\w.]+)>>", lambda match: values[match.group(1)], text)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--names", action="store_true", help="print the names instead of writing the sources")
    options = parser.parse_args()
    values = names(json.loads((HERE / "results.json").read_text(encoding="utf-8")))
    if options.names:
        print("\n".join(f"{name}\t{value}" for name, value in sorted(values.items())))
        return
    templates = HERE / "templates"
    for source in sorted(path for path in templates.rglob("*") if path.is_file()):
        target = HERE / source.relative_to(templates)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(fill(source.read_text(encoding="utf-8"), values), encoding="utf-8")


if __name__ == "__main__":
    main()
