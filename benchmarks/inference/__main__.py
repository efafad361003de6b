"""Our engine beside its peers on one model, in one run: `python -m benchmarks.inference`.

    python -m benchmarks.inference --quick                      # three minutes on two quiet cores
    python -m benchmarks.inference --json found.json            # twelve
    python -m benchmarks.inference --plan full                  # batch 64 and the panel of the peers too
    python -m benchmarks.inference --device cuda                # Qwen3-8B's shape, made on the card

Without `--checkpoint` a random one is made: on a CPU a folder that later runs find again, on CUDA in memory alone. What
it answers is noise; speed does not depend on that. llama.cpp takes part on a CPU where `llama-cpp-python` and `gguf`
are installed.
"""

import argparse
import importlib.util
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import torch

from benchmarks.inference import spent, works
from benchmarks.inference.guided import structured
from benchmarks.inference.peers import LLAMA, Continuous, Generate, Ours, Peer, PeerFailed, Prompts, transformers_model
from benchmarks.inference.plan import PLANS, Plan
from benchmarks.inference.report import CPU_TARGETS, CUDA_TARGETS, about_machine, as_json, as_markdown, judged
from benchmarks.inference.works import Bench
from inference.engine.engine import Engine
from inference.memory import PAGE
from inference.model.layers import linear_maker
from inference.model.load import choose_attention, choose_device, load
from inference.model.spec import read_spec
from inference.model.transformer import Transformer
from inference.serve import BATCH_TOKENS
from inference.tools.random_checkpoint import SIZES, RandomSource, config_of, write


def checkpoint(size: str) -> Path:
    """A random checkpoint of this size, made where it is missing."""
    folder = Path(tempfile.gettempdir()) / f"aixiv-bench-{size}"
    if not (folder / "tokenizer.json").is_file():  # written last
        tell(f"writing {folder}")
        write(folder, SIZES[size])
    return folder


def tell(line: str) -> None:
    """Progress goes to the error stream, so that the tables can be piped."""
    print(f"[{time.perf_counter() - BEGAN:6.0f} s] {line}", file=sys.stderr, flush=True)


BEGAN = time.perf_counter()


def our_engine(model: Transformer, plan: Plan) -> Engine:
    """As the server makes it, with room for the largest work."""
    kind = "cuda" if model.device.type == "cuda" else "cpu"
    engine = Engine(
        model,
        pages=plan.together // PAGE + 2 * plan.sequences + 2,
        page_size=PAGE,
        max_batch_tokens=BATCH_TOKENS[kind],
        max_sequences=max(plan.sequences, 16),
        max_waiting=256,
    )
    engine.start()
    return engine


def bench_of_folder(folder: Path, device: torch.device, plan: Plan) -> Bench:
    """All peers read the same files."""
    tell("loading")
    loaded = load(folder, dtype="bf16", device=str(device))
    ours = Ours(our_engine(loaded.model, plan))
    theirs = [transformers_model(folder, device) for _ in range(2)]
    peers: list[Peer] = [ours, Generate(theirs[0]), Continuous(theirs[1])]
    bench = Bench(loaded.model.spec, device, ours, peers, plan, tell)
    if device.type == "cpu":
        add_llama(bench, folder)
    else:
        bench.absent[LLAMA] = "a peer on the CPU only"
    return bench


def add_llama(bench: Bench, folder: Path) -> None:
    """llama.cpp, if it is there and takes the file; else the reason why not."""
    missing = [name for name in ("gguf", "llama_cpp") if importlib.util.find_spec(name) is None]
    if missing:
        bench.absent[LLAMA] = f"not installed: {', '.join(missing)}"
        return
    from benchmarks.inference.llama import LlamaCpp, write_gguf

    path = folder / "model-bf16.gguf"
    plan = bench.plan
    try:
        if not path.is_file():
            tell(f"writing {path}")
            write_gguf(folder, bench.spec, path)
        room = max(plan.longest, *(work.batch * (work.prompt + work.tokens + 1) for work in plan.decode))
        batch = max(work.batch for work in plan.decode)
        bench.peers.append(LlamaCpp(path, bench.spec, room=room, sequences=batch, threads=torch.get_num_threads()))
    except (PeerFailed, OSError, RuntimeError, AttributeError, ValueError) as error:
        bench.absent[LLAMA] = f"{type(error).__name__}: {error}"


def bench_in_memory(size: str, device: torch.device, plan: Plan) -> Bench:
    """Each peer with random weights of its own, made on the device: nothing is written or carried."""
    tell(f"making {size} on {device}")
    config = config_of(SIZES[size])
    spec = read_spec(config)
    source = RandomSource(spec, dtype=torch.bfloat16, device=device, deviation=SIZES[size].deviation)
    attention = choose_attention(spec, torch.bfloat16, device)
    ours = Ours(our_engine(Transformer(spec, source, attention, linear_maker("bf16", device)), plan))
    theirs = [transformers_model(config, device) for _ in range(2)]
    peers: list[Peer] = [ours, Generate(theirs[0]), Continuous(theirs[1])]
    absent = {LLAMA: "it needs the weights as a file"}
    return Bench(spec, device, ours, peers, plan, tell, absent)


def warm_up(bench: Bench) -> None:
    """Every peer once; one that cannot answer is left out, with its reason."""
    tell("warming up")
    for peer in list(bench.peers):
        try:
            peer.answer([bench.prompt(40), bench.prompt(40)], 3)
        except (PeerFailed, RuntimeError, ValueError, AttributeError, OSError) as error:
            if peer is bench.ours:
                raise
            bench.peers.remove(peer)
            bench.absent[peer.name] = f"{type(error).__name__}: {error}"[:300]


def all_rows(bench: Bench) -> Iterator[works.Row]:
    """Every work of the plan that fits the model's context."""
    plan, context = bench.plan, bench.spec.context
    for work in plan.decode:
        yield works.decode(bench, work)
    for tokens in plan.prefill:
        if tokens < context:
            yield works.prefill(bench, tokens)
    if plan.panel.manuscript + plan.panel.private + plan.panel.tokens < context:
        yield works.panel(bench)
        yield works.second_reader(bench)
    yield works.first_tokens(bench)
    yield structured(bench)


def measured(bench: Bench, about: dict[str, Any], file: Path | None) -> list[works.Row]:
    """All rows. The file is written after each, so that a run that is broken off has not been for nothing."""
    warm_up(bench)
    rows: list[works.Row] = []
    for row in all_rows(bench):
        rows.append(row)
        keep(file, as_json(about | about_machine(bench.device, rows), rows, []))
    return rows


def keep(file: Path | None, found: dict[str, Any]) -> None:
    """Write what was found, if it was asked for."""
    if file is not None:
        file.write_text(json.dumps(found, indent=1), encoding="utf-8")


def profiles(bench: Bench, goals: list[dict[str, Any]]) -> list[str]:
    """Where the time goes in the works of missed goals, ours and that of `generate`; the rest has to be asked for."""
    lines = []
    wanted = {goal["goal"].split(":")[0] for goal in goals if goal["met"] is not True}
    for work in bench.plan.decode:
        if f"decode, batch {work.batch}" in wanted:
            prompts = [bench.prompt(work.prompt) for _ in range(work.batch)]
            lines += profile_of(bench, f"decode, batch {work.batch}", prompts, work.tokens)
    for tokens in bench.plan.prefill:
        if f"prefill, {tokens}" in wanted:
            lines += profile_of(bench, f"prefill, {tokens}", [bench.prompt(tokens)], 1)
    if "panel" in wanted:
        panel = bench.plan.panel
        manuscript = bench.prompt(panel.manuscript)
        prompts = [manuscript + bench.prompt(panel.private) for _ in range(panel.agents)]
        lines += profile_of(bench, "panel", prompts, panel.tokens)
    return lines


def profile_of(bench: Bench, title: str, prompts: Prompts, tokens: int) -> list[str]:
    """One work of ours and, where there is one, of `generate`, prompts included."""
    tell(f"profile of {title}")
    on_card = bench.device.type == "cuda"

    def ours() -> object:
        return bench.ours.answer(prompts, tokens)

    found = spent.by_torch(ours, bench.device) if on_card else spent.ours_on_cpu(ours)
    lines = [spent.as_markdown(f"{title}, ours", found)]
    for peer in bench.peers:
        if isinstance(peer, Generate) and title != "panel":
            theirs = spent.by_torch(partial(peer.answer, prompts, tokens), bench.device)
            lines.append(spent.as_markdown(f"{title}, generate", theirs))
    return lines


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", type=Path, help="a folder in Hugging Face's format")
    parser.add_argument("--size", choices=sorted(SIZES), help="of a random checkpoint")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--plan", choices=sorted(PLANS), help="how much is measured")
    parser.add_argument("--quick", action="store_true", help="the same as --plan quick")
    parser.add_argument("--in-memory", action="store_true", help="write no checkpoint; always so on CUDA")
    parser.add_argument("--profile", action="store_true", help="where the time goes in the works of missed goals")
    parser.add_argument("--threads", type=int, help="of a CPU; all by default")
    parser.add_argument("--json", type=Path, help="where every round goes")
    given = parser.parse_args()
    if given.threads:
        torch.set_num_threads(given.threads)
    device = choose_device(given.device)
    card = device.type == "cuda"
    plan = PLANS["quick" if given.quick else given.plan or ("card" if card else "usual")]
    size = given.size or ("qwen3-8b" if card else "qwen3-0.6b")
    if given.checkpoint or not (card or given.in_memory):
        bench = bench_of_folder(given.checkpoint or checkpoint(size), device, plan)
    else:
        bench = bench_in_memory(size, device, plan)
    about: dict[str, Any] = {"model": str(given.checkpoint or size)}
    rows = measured(bench, about, given.json)
    goals = judged(rows, CUDA_TARGETS if card else CPU_TARGETS)
    profiled = profiles(bench, goals) if given.profile else []
    bench.ours.engine.stop()
    about |= about_machine(device, rows)
    about["seconds"] = round(time.perf_counter() - BEGAN)
    print(as_markdown(about, rows, goals), *profiled, sep="\n")
    keep(given.json, as_json(about, rows, goals) | {"profiles": profiled})
    sys.stdout.flush()
    os._exit(0)  # peers leave threads behind that hold the interpreter


if __name__ == "__main__":
    main()
