"""What a schema costs: `python -m benchmarks.inference.structured FOLDER`.

The same prompts are decoded free and under a JSON schema, in turn, several rounds, by one engine. The best round of
each counts, because other programs on the machine only add time. Free answers do not end by themselves; those under
the schema hold one long text, so that nearly every token is sampled and none is forced. Seconds are told per token.
"""

import argparse
import asyncio
import json
import time
from pathlib import Path
from typing import Any

from inference.constrain import guidance
from inference.engine.request import Request, Sampling, Ticket
from inference.serve import Options, language_of

SCHEMA = {
    "type": "object",
    "properties": {"why": {"type": "string", "minLength": 30, "maxLength": 20000}},
    "required": ["why"],
    "additionalProperties": False,
}
GOAL = 1.05  # times the seconds of a free token
KV_BYTES = 2**29


async def seconds_per_token(language: Any, batch: int, tokens: int, constraint: Any) -> float:
    """Wall time of all answers over the tokens of one, from the first token on."""
    eos = language.eos_ids
    asked = [
        Request(
            tuple(range(100 + number, 164 + number)),
            tokens,
            Sampling(temperature=1.0, seed=number, logit_bias=dict.fromkeys(eos, -100.0)),
            eos,
            constraint and constraint.fork(),
        )
        for number in range(batch)
    ]
    tickets = [language.engine.submit(one) for one in asked]
    counts = await asyncio.gather(*(_read(ticket) for ticket in tickets))
    return max(spent / max(count, 1) for spent, count in counts)


async def _read(ticket: Ticket) -> tuple[float, int]:
    began, count = 0.0, 0
    async for _ in ticket:
        began = began or time.perf_counter()
        count += 1
    return time.perf_counter() - began, count - 1


async def measure(language: Any, batch: int, tokens: int, rounds: int) -> dict[str, float]:
    """Milliseconds per token, free and constrained, and their ratio."""
    schema = guidance.compile("json_schema", SCHEMA, language.vocabulary)
    best = {"free": float("inf"), "schema": float("inf")}
    for _ in range(rounds):
        for name, constraint in (("free", None), ("schema", schema)):
            best[name] = min(best[name], await seconds_per_token(language, batch, tokens, constraint))
    ratio = best["schema"] / best["free"]
    return {"batch": batch, "free_ms": best["free"] * 1e3, "schema_ms": best["schema"] * 1e3, "ratio": ratio}


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--dtype", default="auto", choices=["auto", "bf16", "fp32", "int8"])
    parser.add_argument("--device", default="auto")
    parser.add_argument("--batch", type=int, nargs="*", default=[1, 8])
    parser.add_argument("--tokens", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    language: Any = language_of(Options(model=given.folder, dtype=given.dtype, device=given.device, kv_memory=KV_BYTES))
    language.engine.start()
    rows = [asyncio.run(measure(language, batch, given.tokens, given.rounds)) for batch in given.batch]
    stats = language.engine.stats()
    language.engine.stop()
    for row in rows:
        line = "batch {batch:2.0f}: free {free_ms:7.2f} ms, schema {schema_ms:7.2f} ms a token, ratio {ratio:.3f}"
        print(line.format(**row), "" if row["ratio"] <= GOAL else f"(goal {GOAL})")
    masks = {"mask_seconds": stats.mask_seconds, "mask_wait_seconds": stats.mask_wait_seconds}
    print(
        f"masks took {stats.mask_seconds:.2f} s beside the forwards; the engine waited {stats.mask_wait_seconds:.2f} s"
    )
    if given.json:
        given.json.write_text(json.dumps({"rows": rows, **masks}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
