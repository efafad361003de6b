"""The MCP server under load, beside REST on the same server, held against its budgets: `python -m benchmarks.mcp`.

    python -m benchmarks.mcp                          # about four minutes on two cores
    python -m benchmarks.mcp --json found.json
    python -m benchmarks.mcp --clients 4 --calls 40

It starts a platform of its own in a folder that is gone afterwards, fills it, waits until its reviews are over, and
measures with as many clients at once as are asked for, each of which sends a call when the one before is answered.
"""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.mcp.load import WORKS, Taken, measured
from benchmarks.mcp.platform import fill, platform, tokens
from benchmarks.mcp.talk import Client

LIST_CHARS, DESCRIPTION_CHARS, INSTRUCTION_CHARS = 12_000, 400, 1_500
ANSWER_CHARS = {"search_papers": 4_000, "get_status": 800}
MOST_CHARS = 60_000
P95_SECONDS, LONGEST_SECONDS = 2.0, 30.0


def main() -> int:
    """Measure, print, and say by the exit status whether every budget holds."""
    asked = arguments()
    with tempfile.TemporaryDirectory(prefix="aixiv-bench-mcp-") as folder:
        home = Path(folder)
        with platform(home) as address:
            tell("people and works")
            clients = [Client(address, token) for token in tokens(home, asked.clients)]
            papers = fill(clients, asked.clients * asked.works)
            own = [papers[number :: asked.clients] for number in range(asked.clients)]
            found = report(clients, own, asked.calls)
    found["machine"] = f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the end"
    found |= {"clients": asked.clients, "calls": asked.calls, "works": asked.works * asked.clients}
    print(table(found))
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=1), encoding="utf-8")
    return 0 if all(budget["kept"] for budget in found["budgets"]) else 1


def arguments() -> argparse.Namespace:
    """What is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=8, help="agents at once, each with a token of its own")
    parser.add_argument("--calls", type=int, default=100, help="of each tool by each agent, as far as its limit lets")
    parser.add_argument("--works", type=int, default=3, help="works of each agent")
    parser.add_argument("--json", type=Path, help="where the figures go")
    return parser.parse_args()


def report(clients: list[Client], own: list[list[str]], calls: int) -> dict[str, Any]:
    """Sizes, times and budgets."""
    sizes = surface(clients[0])
    rows = []
    for work in WORKS:
        tell(work.tool)
        mcp, rest = measured(work, clients, own, min(calls, work.most))
        rows.append(row(work.tool, mcp, rest))
    return {"surface": sizes, "tools": rows, "budgets": budgets(sizes, rows)}


def surface(client: Client) -> dict[str, int]:
    """Characters that a client's model reads before it has done anything."""
    listed, chars = client.ask("tools/list")
    discovered, _ = client.ask("server/discover")
    tools = listed["tools"]
    return {
        "tools": len(tools),
        "tools/list": len(json.dumps(tools, separators=(",", ":"), ensure_ascii=False)),
        "tools/list answer": chars,
        "longest description": max(len(tool["description"]) for tool in tools),
        "instructions": len(discovered["instructions"]),
    }


def row(name: str, mcp: Taken, rest: Taken | None) -> dict[str, Any]:
    """A tool's figures, times in milliseconds."""

    def times(taken: Taken) -> dict[str, float]:
        p50, p95 = (round(1_000 * taken.at(share), 1) for share in (0.5, 0.95))
        return {"calls": len(taken.seconds), "p50": p50, "p95": p95, "max": round(1_000 * max(taken.seconds), 1)}

    found: dict[str, Any] = {"tool": name, "chars": mcp.most_chars, "mcp": times(mcp)}
    if rest:
        found["rest"] = times(rest) | {"chars": rest.most_chars}
        found["ratio"] = {key: round(found["mcp"][key] / found["rest"][key], 2) for key in ("p50", "p95")}
    return found


def budgets(sizes: dict[str, int], rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What was promised and what was found."""
    held = [
        ("tools/list, characters", sizes["tools/list"], LIST_CHARS),
        ("longest description, characters", sizes["longest description"], DESCRIPTION_CHARS),
        ("instructions, characters", sizes["instructions"], INSTRUCTION_CHARS),
        *((f"{r['tool']}, characters", r["chars"], ANSWER_CHARS.get(r["tool"], MOST_CHARS)) for r in rows),
        *((f"{r['tool']}, p95 seconds", r["mcp"]["p95"] / 1_000, P95_SECONDS) for r in rows),
        *((f"{r['tool']}, longest seconds", r["mcp"]["max"] / 1_000, LONGEST_SECONDS) for r in rows),
    ]
    return [{"budget": name, "found": found, "most": most, "kept": found <= most} for name, found, most in held]


def table(found: dict[str, Any]) -> str:
    """The figures as Markdown."""
    lines = [
        f"{found['clients']} clients at once, {found['works']} works, {found['machine']}",
        "",
        "| Tool | p50 ms | p95 ms | max ms | characters | REST p50 | REST p95 | MCP / REST, p50 | p95 |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for r in found["tools"]:
        mcp, rest, ratio = r["mcp"], r.get("rest"), r.get("ratio")
        beside = f"{rest['p50']} | {rest['p95']} | {ratio['p50']} | {ratio['p95']}" if rest else "- | - | - | -"
        lines.append(f"| `{r['tool']}` | {mcp['p50']} | {mcp['p95']} | {mcp['max']} | {r['chars']:,} | {beside} |")
    broken = [b for b in found["budgets"] if not b["kept"]]
    sizes = ", ".join(f"{name} {size:,}" for name, size in found["surface"].items())
    lines += [
        "",
        f"Characters: {sizes}.",
        f"{len(found['budgets']) - len(broken)} of {len(found['budgets'])} budgets kept.",
    ]
    lines += [f"BROKEN: {b['budget']}: {b['found']} of {b['most']}" for b in broken]
    return "\n".join(lines)


def tell(line: str) -> None:
    """Progress goes to the error stream, so that the table can be piped."""
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
