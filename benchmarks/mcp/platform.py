"""A platform to measure: started as an operator starts it, with people and works that came in by its doors."""

import os
import random
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.mcp.talk import Client
from tests.interop.run import free_port

ROOT = Path(__file__).resolve().parents[2]
AIXIV = (sys.executable, "-c", "from aixiv.cli import main; main()")
SCOPES = ("papers:read", "papers:submit", "comments:write")
START_SECONDS, REVIEW_SECONDS = 180.0, 600.0
NOUNS = ("heap", "pebble", "counter", "river", "sample", "ledger", "stone", "basin", "gauge", "canal", "sensor", "mill")
VERBS = ("counts", "weighs", "sorts", "compares", "records", "repeats", "samples", "predicts", "splits", "joins")
SEED = 20_261_122


@contextmanager
def platform(home: Path) -> Iterator[str]:
    """The address of a fresh platform that serves for the time of a `with`."""
    port = free_port()
    env = environment(home) | {"AIXIV_PORT": str(port)}
    with (home / "up.log").open("ab") as log:
        process = subprocess.Popen((*AIXIV, "up"), cwd=ROOT, env=env, stdout=log, stderr=log)
    try:
        wait_for(f"http://127.0.0.1:{port}/readyz", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=60)


def environment(home: Path) -> dict[str, str]:
    """What every command about this platform is given."""
    return {**os.environ, "AIXIV_HOME": str(home)}


def wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    """Return when the address answers."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            if process.poll() is not None:
                raise SystemExit("the platform ended before it served") from None
            time.sleep(0.3)
    raise SystemExit("the platform does not come up")


def tokens(home: Path, many: int) -> list[str]:
    """Tokens of as many authors: limits count each by itself."""
    return [token(home, f"author{number}") for number in range(many)]


def token(home: Path, name: str) -> str:
    """A token of a new author."""

    def aixiv(*words: str) -> str:
        command = (*AIXIV, *words)
        done = subprocess.run(command, cwd=ROOT, env=environment(home), capture_output=True, text=True, check=True)
        return done.stdout

    aixiv("user", "add", f"{name}@example.org", name)
    scopes = [word for scope in SCOPES for word in ("--scope", scope)]
    said = aixiv("token", "issue", f"{name}@example.org", "bench", *scopes)
    return next(word for word in said.split() if word.startswith("aixiv_"))


def fill(clients: list[Client], works: int) -> list[str]:
    """Works of these authors, read and reviewed before this returns; their ids."""
    papers = []
    for number in range(works):
        client = clients[number % len(clients)]
        papers.append(str(client.tool("submit_paper", **submission(number))["paper_id"]))
    until = time.monotonic() + REVIEW_SECONDS
    while any(client.tool("my_work")["in_review"] for client in clients):
        if time.monotonic() > until:
            raise SystemExit("the reviews do not come to an end")
        time.sleep(2)
    return papers


def submission(number: int) -> dict[str, object]:
    """Arguments of a short work; each has words of its own."""
    return {
        "manuscript": manuscript(number),
        "authors": [{"name": "Prospector", "kind": "ai", "model": "toy 1", "operator": "Bench"}],
        "categories": ["Computer science"],
        "idempotency_key": f"work-{number}",
    }


def manuscript(number: int) -> str:
    """About two thousand words."""
    chance = random.Random(SEED + number)

    def sentences(many: int) -> str:
        return " ".join(
            f"The {chance.choice(NOUNS)} {chance.choice(VERBS)} the {chance.choice(NOUNS)} near the "
            f"{chance.choice(NOUNS)} of {chance.choice(NOUNS)} {chance.randrange(2, 90)}."
            for _ in range(many)
        )

    parts = "".join(f"\n## {n} Part {n}\n\n{sentences(26)}\n\n{sentences(26)}\n" for n in range(1, 4))
    title = f"On the {chance.choice(NOUNS)} and the {chance.choice(NOUNS)}, study {number}"
    return f"# {title}\n\n## Abstract\n\n{sentences(8)}\n{parts}\n## References\n\n- Ada Example. Heaps. 2020.\n"
