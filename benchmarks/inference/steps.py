"""How long one forward takes against the memory bandwidth: `python -m benchmarks.inference.steps FOLDER`.

Three things are measured in turn, several rounds, and the best round of each is kept, because other programs on the
machine only ever add time: a plain read of memory, our step, and transformers' step with its own cache (a forward,
without the rest of `generate`). The roofline is the time to read every weight and every visible key once.

A prompt goes through in chunks of the size that the server takes; the logits of its last token alone are computed, on
both sides. `--threads 1 --processor-time` compares on a busy machine: what others take is not counted.
"""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from benchmarks.inference import spent
from benchmarks.inference.peers import transformers_model
from benchmarks.inference.roofline import bandwidth, key_bytes, seconds, weight_bytes
from inference.model.load import Loaded, load
from inference.model.step import KVPool, Step
from inference.serve import BATCH_TOKENS

PAGE = 32


def step_of(sequences: int, tokens: int, length: int, device: torch.device) -> Step:
    """Every sequence brings its last `tokens` of `length`; pages follow each other."""
    pages = -(-length // PAGE)
    table = torch.arange(1, 1 + sequences * pages, dtype=torch.int32).view(sequences, pages)
    places = torch.arange(length - tokens, length).repeat(sequences)
    owner = torch.arange(sequences).repeat_interleave(tokens)
    step = Step(
        ids=torch.randint(0, 500, (sequences * tokens,)),
        positions=places,
        slots=table[owner, places // PAGE].long() * PAGE + places % PAGE,
        pages=table,
        kv_lens=torch.full((sequences,), length, dtype=torch.int32),
        query_starts=torch.arange(0, (sequences + 1) * tokens, tokens, dtype=torch.int32),
        rows=torch.arange(tokens - 1, sequences * tokens, tokens),
    )
    return Step(**{name: value.to(device) if name != "block" else value for name, value in vars(step).items()})


def roofline(loaded: Loaded, sequences: int, length: int, speed: float) -> float:
    """Seconds to read the weights and all visible keys and values once. A dense model is assumed."""
    spec = loaded.model.spec
    size = {"int8": 1, "bf16": 2, "fp32": 4}[loaded.weights]
    read = weight_bytes(spec, size) + sequences * length * key_bytes(spec, loaded.model.dtype.itemsize)
    return read / speed


def their_step(model: Any, sequences: int, tokens: int, length: int) -> Callable[[], object]:
    """The same work as `step_of`; the cache is cut back after every run."""
    ids = torch.randint(0, 500, (sequences, length), device=model.device)
    with torch.inference_mode():
        cache = model(ids[:, : length - tokens]).past_key_values if length > tokens else None

    def run() -> object:
        with torch.inference_mode():
            out = model(ids[:, length - tokens :], past_key_values=cache, logits_to_keep=1)
            if cache is not None:
                cache.crop(-tokens)
            return out

    return run


def our_work(loaded: Loaded, sequences: int, tokens: int, length: int) -> Callable[[], object]:
    """One step; a prompt that is longer than the server's chunks, chunk by chunk."""
    model = loaded.model
    pool = KVPool.make(model.spec, 2 + sequences * -(-length // PAGE), PAGE, model.dtype, model.device)
    chunk = min(tokens, BATCH_TOKENS[model.device.type]) if sequences == 1 else tokens
    starts = range(length - tokens, length, chunk)
    pairs = [(start, min(start + chunk, length)) for start in starts]
    steps = [step_of(sequences, end - start, end, model.device) for start, end in pairs]

    def run() -> None:
        for step in steps:
            model(step, pool)

    return run


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--dtype", default="bf16", choices=["bf16", "fp32", "int8"])
    parser.add_argument("--device", default="auto")
    parser.add_argument("--times", type=int, default=8)
    parser.add_argument("--length", type=int, default=200, help="tokens of a sequence when decoding")
    parser.add_argument("--prefill", type=int, nargs="*", default=[128, 512])
    parser.add_argument("--batch", type=int, nargs="*", default=[1, 4, 8])
    parser.add_argument("--no-peer", action="store_true", help="leave transformers out")
    parser.add_argument("--threads", type=int, help="of a CPU; all by default")
    parser.add_argument("--processor-time", action="store_true", help="time of the processor instead of the wall's")
    parser.add_argument("--profile", action="store_true", help="where our time goes, by parts; on a CPU")
    given = parser.parse_args()
    if given.threads:
        torch.set_num_threads(given.threads)
    clock = time.process_time if given.processor_time else time.perf_counter
    loaded = load(given.folder, dtype=given.dtype, device=given.device)
    model = loaded.model
    peer = None if given.no_peer else transformers_model(given.folder, model.device, model.dtype)
    print(f"{'work':<24}{'ours ms':>10}{'tokens/s':>10}{'peer ms':>10}{'ratio':>8}{'roofline':>10}")
    works = [("decode", batch, 1, given.length) for batch in given.batch]
    works += [("prefill", 1, tokens, tokens) for tokens in given.prefill]
    for kind, sequences, tokens, length in works:
        work = our_work(loaded, sequences, tokens, length)
        rival = None if peer is None else their_step(peer, sequences, tokens, length)
        ours, other, read = float("inf"), float("inf"), 0.0
        for _ in range(given.times):
            ours = min(ours, seconds(work, 1, model.device, clock))
            other = min(other, seconds(rival, 1, model.device, clock)) if rival is not None else other
            read = max(read, bandwidth(model.device, 1))
        bound = roofline(loaded, sequences, length, read)
        row = {
            "work": f"{kind} {sequences} x {tokens} of {length}",
            "ours_ms": ours * 1e3,
            "tokens_per_second": sequences * tokens / ours,
            "peer_ms": other * 1e3 if rival is not None else None,
            "of_roofline": bound / ours if kind == "decode" else None,
            "bandwidth": read,
        }
        ratio = f"{other / ours:.2f}" if rival is not None else "-"
        share = f"{bound / ours:.0%}" if kind == "decode" and not given.processor_time else "-"
        print(
            f"{row['work']:<24}{ours * 1e3:>10.1f}{sequences * tokens / ours:>10.1f}{other * 1e3:>10.1f}{ratio:>8}"
            f"{share:>10}   {json.dumps(row)}",
            flush=True,
        )
        if given.profile:
            print(spent.as_markdown(str(row["work"]), spent.ours_on_cpu(work, clock)), flush=True)


if __name__ == "__main__":
    main()
