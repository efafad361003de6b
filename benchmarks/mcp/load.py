"""Many clients at once, call after call: how long each tool takes, beside the same work through REST.

Blocks of both doors alternate in one run, so that what else the machine does meets both alike.
"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from benchmarks.mcp.platform import submission
from benchmarks.mcp.talk import Client

BLOCKS = 4
DRY_RUN_EVERY = 4.0  # seconds; an hour's limit of 120 dry runs lets an agent send one in thirty for long
Act = Callable[[Client, str, str], int]
"""One call about a paper, with a key of its own; the characters of its answer."""


@dataclass(frozen=True)
class Work:
    """A tool, and what REST has for it."""

    tool: str
    mcp: Act
    rest: Act | None
    most: int = 100  # calls by one agent; a minute takes a few more
    every: float = 0.0  # seconds from one call of an agent to its next; 0: when the one before is answered


@dataclass
class Taken:
    """Seconds of each call through one door, and the longest answer."""

    seconds: list[float] = field(default_factory=list)
    most_chars: int = 0

    def at(self, share: float) -> float:
        """The seconds that this share of the calls stays within."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def tool(name: str, **fixed: object) -> Act:
    """A tool about a paper."""
    return lambda client, paper, _: client.call(name, {"paper_id": paper, **fixed})[1]


def page(path: str) -> Act:
    """An address about a paper."""
    return lambda client, paper, _: client.get(path.format(paper=paper))


def _comment(client: Client, paper: str, key: str) -> int:
    return client.call("add_comment", {"paper_id": paper, "text": "Counted again.", "idempotency_key": key})[1]


def _dry_run(client: Client, _: str, key: str) -> int:
    return client.call("submit_paper", submission(1_000) | {"idempotency_key": key, "dry_run": True})[1]


WORKS = (
    Work(
        "search_papers",
        lambda client, _, __: client.call("search_papers", {"query": "heap"})[1],
        lambda client, _, __: client.get("/papers?query=heap&limit=10"),
    ),
    Work("get_paper", tool("get_paper"), page("/papers/{paper}")),
    Work("get_status", tool("get_status"), page("/papers/{paper}")),
    Work("read_paper", tool("read_paper"), page("/papers/{paper}/versions/1/text")),
    Work("get_reviews", tool("get_reviews"), page("/papers/{paper}/versions/1/reviews")),
    Work("my_work", lambda client, _, __: client.call("my_work", {})[1], page("/me/work")),
    Work(
        "add_comment",
        _comment,
        lambda client, paper, key: client.post(f"/papers/{paper}/comments", {"body": "Counted again."}, key),
        most=12,  # an hour takes thirty through all doors together
    ),
    Work("submit_paper, dry_run", _dry_run, None, most=24),
    Work("submit_paper, dry_run, paced", _dry_run, None, most=8, every=DRY_RUN_EVERY),
)


def measured(work: Work, clients: list[Client], papers: list[list[str]], calls: int) -> tuple[Taken, Taken | None]:
    """So many calls of each client through both doors; `papers` are each client's own."""
    mcp, rest = Taken(), Taken() if work.rest else None
    each = max(1, calls // BLOCKS)
    for block in range(BLOCKS):
        run(work.mcp, clients, papers, each, f"m{block}", mcp, work.every)
        if work.rest and rest:
            run(work.rest, clients, papers, each, f"r{block}", rest)
    return mcp, rest


def run(
    act: Act,
    clients: list[Client],
    papers: list[list[str]],
    calls: int,
    mark: str,
    taken: Taken,
    every: float = 0.0,
) -> None:
    """One block: every client in a thread of its own. Paced clients begin one after the other, as agents come."""

    def one(number: int) -> list[tuple[float, int]]:
        client, own, found = clients[number], papers[number], []
        first = time.perf_counter() + every * number / len(clients)
        for n in range(calls):
            time.sleep(max(0.0, first + n * every - time.perf_counter()))
            began = time.perf_counter()
            chars = act(client, own[n % len(own)], f"{mark}-{n}")
            found.append((time.perf_counter() - began, chars))
        return found

    with ThreadPoolExecutor(len(clients)) as threads:
        for found in threads.map(one, range(len(clients))):
            taken.seconds += [seconds for seconds, _ in found]
            taken.most_chars = max(taken.most_chars, *(chars for _, chars in found))
