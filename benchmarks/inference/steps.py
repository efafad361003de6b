"""How long one forward takes against the memory bandwidth: `python -m benchmarks.inference.steps FOLDER`.

Three things are measured in turn, several rounds, and the best round of each is kept, because other programs on the
machine only ever add time: a plain read of memory, our step, and transformers' step with its own cache (a forward,
without the rest of `generate`). The roofline is the time to read every weight and every visible key once.
"""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from inference.model.load import Loaded, load
from inference.model.step import KVPool, Step

PAGE = 32
READ_BYTES = 1 << 29


def seconds(work: Callable[[], object], times: int) -> float:
    """The best of several runs."""
    best = float("inf")
    for _ in range(times):
        start = time.perf_counter()
        work()
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        best = min(best, time.perf_counter() - start)
    return best


def bandwidth(device: torch.device, times: int) -> float:
    """Bytes per second of a plain sum over memory much larger than a cache."""
    memory = torch.ones(READ_BYTES // 4, dtype=torch.float32, device=device)
    return READ_BYTES / seconds(memory.sum, times)


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
    looked_up = 0 if spec.tied else spec.vocabulary * spec.width  # of the embedding only a few rows are read
    keys = 2 * spec.layers * spec.kv_heads * spec.head_dim * loaded.model.dtype.itemsize
    return ((spec.parameters() - looked_up) * size + sequences * length * keys) / speed


def theirs(folder: Path, dtype: torch.dtype, device: torch.device) -> Any:
    """transformers' model of the same checkpoint."""
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(folder, dtype=dtype).to(device).eval()


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
    given = parser.parse_args()
    loaded = load(given.folder, dtype=given.dtype, device=given.device)
    model = loaded.model
    peer = None if given.no_peer else theirs(given.folder, model.dtype, model.device)
    print(f"{'work':<24}{'ours ms':>10}{'tokens/s':>10}{'peer ms':>10}{'ratio':>8}{'roofline':>10}")
    works = [("decode", batch, 1, given.length) for batch in given.batch]
    works += [("prefill", 1, tokens, tokens) for tokens in given.prefill]
    for kind, sequences, tokens, length in works:
        pool = KVPool.make(model.spec, 2 + sequences * -(-length // PAGE), PAGE, model.dtype, model.device)
        step = step_of(sequences, tokens, length, model.device)
        rival = None if peer is None else their_step(peer, sequences, tokens, length)
        ours, other, read = float("inf"), float("inf"), 0.0
        for _ in range(given.times):
            ours = min(ours, seconds(lambda step=step, pool=pool: model(step, pool), 1))
            other = min(other, seconds(rival, 1)) if rival is not None else other
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
        share = f"{bound / ours:.0%}" if kind == "decode" else "-"
        print(
            f"{row['work']:<24}{ours * 1e3:>10.1f}{sequences * tokens / ours:>10.1f}{other * 1e3:>10.1f}{ratio:>8}"
            f"{share:>10}   {json.dumps(row)}",
            flush=True,
        )


if __name__ == "__main__":
    main()
