"""`make interop`: the official conformance suite, the Inspector and other people's clients against real processes.

It fetches its own tools (npm packages beside this file, a virtual environment for each Python client) and needs the
network for that once. It starts platforms of its own, each with three web processes on one port, and stops them again:
one for the suite and the Inspector, one for each client, because a text that is published is not accepted again.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import tomllib
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from aixiv.settings import Settings
from aixiv.supervisor.home import with_running_addresses
from aixiv.supervisor.services import environment

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PROPOSAL = ROOT / "examples" / "proposal"
MODULES = HERE / "node_modules"
LOG = MODULES / ".servers.log"
REVISIONS = ("2026-07-28", "2025-11-25")
IN_BOTH = ("tools-list", "resources-list", "prompts-list", "dns-rebinding-protection", "completion-complete")
WITHOUT_FIXTURES = {
    "2026-07-28": (
        *IN_BOTH,
        "server-stateless",
        "sep-2164-resource-not-found",
        "caching",
        "http-header-validation",
        "server-sse-multiple-streams",
        "input-required-result-unsupported-methods",
    ),
    "2025-11-25": (*IN_BOTH, "server-initialize", "ping"),
}
PYTHON_CLIENTS = {"fastmcp": ("fastmcp>=4.1,<4.2",), "langchain": ("langchain-mcp-adapters==0.3.2", "mcp<2")}
SCOPES = ("papers:read", "papers:submit", "papers:publish", "comments:write", "reviews:request")
PATIENCE = 600


def main() -> int:
    """Run everything; exit status 1 when anything failed."""
    fetch_node()
    with tempfile.TemporaryDirectory(prefix="aixiv-interop-") as folder:
        home = Path(folder)
        results = fixtures(home)
        with platform(home / "suite") as url:
            results |= conformance(url, home) | inspector(url)
        results |= authorization() | clients(home)
    print("\n".join(f"{'passed' if passed else 'FAILED'}  {name}" for name, passed in results.items()))
    print(f"{sum(results.values())} of {len(results)} passed")
    return 0 if all(results.values()) else 1


def fixtures(home: Path) -> dict[str, bool]:
    """Everything that a revision requires, against the application with the suite's fixtures."""
    results = {}
    with fixture(free_port()) as url:
        for revision in REVISIONS:
            words = ("--requirements", revision, "-o", str(home / revision))
            results[f"conformance fixtures {revision}"] = node("conformance", "server", "--url", url, *words)
    return results


def conformance(url: str, home: Path) -> dict[str, bool]:
    """The scenarios that need no fixtures, against the real server."""
    more = ("--expected-failures", str(HERE / "expected.yml"), "-o", str(home / "real"))
    return {
        f"conformance {scenario} {revision}": node(
            "conformance", "server", "--url", url, "--scenario", scenario, "--spec-version", revision,
            *(more if scenario == "server-stateless" else more[2:]),
        )
        for revision, scenarios in WITHOUT_FIXTURES.items()
        for scenario in scenarios
    }  # fmt: skip


def authorization() -> dict[str, bool]:
    """The suite's scenarios for authorization servers, with a person's browser that allows what it asks."""
    program = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/interop/authorization.py")
    return {"conformance authorization": ran(*program, cwd=ROOT)}


def inspector(url: str) -> dict[str, bool]:
    """The Inspector's own judgement of the list of tools, in both eras."""
    words = ("--cli", url, "--transport", "http", "--method", "tools/list", "--strict", "--format", "json")
    return {f"inspector {era}": node("mcp-inspector", *words, "--protocol-era", era) for era in ("legacy", "modern")}


def clients(home: Path) -> dict[str, bool]:
    """Each client brings the bundled proposal from submission to publication."""
    programs = {f"TypeScript {sdk}": ("node", str(HERE / "submit_to_publish.mjs"), sdk) for sdk in ("v2", "v1")}
    for name in PYTHON_CLIENTS:
        programs[name] = (str(python_of(name)), str(HERE / "submit_to_publish.py"), name)
    results = {}
    for number, (name, words) in enumerate(programs.items()):
        own = home / f"client{number}"
        with platform(own) as url:
            results[name] = fetched(name) and ran(*words, url, token(own), str(work(own)), cwd=own)
    return results


def python_of(name: str) -> Path:
    """The interpreter of a Python client's own environment."""
    return MODULES / ".python" / name / "bin" / "python"


def fetched(name: str) -> bool:
    """Whether a client is there; a Python one is installed when it is not."""
    if name not in PYTHON_CLIENTS:
        return True
    python = python_of(name)
    if not python.exists():
        subprocess.run((sys.executable, "-m", "venv", str(python.parents[1])), check=True)
    return ran(str(python), "-m", "pip", "install", "--quiet", *PYTHON_CLIENTS[name])


def fetch_node() -> None:
    """Install the npm packages once."""
    if not (MODULES / ".bin" / "conformance").exists():
        subprocess.run(("npm", "install", "--no-audit", "--no-fund"), cwd=HERE, check=True)


def node(program: str, *words: str) -> bool:
    """Run one of the npm programs."""
    return ran(str(MODULES / ".bin" / program), *words)


def ran(*words: str, cwd: Path = HERE) -> bool:
    """Whether a program ended well; what it said is shown when it did not."""
    path = f"{MODULES / 'node' / 'bin'}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        words, cwd=cwd, env={**os.environ, "PATH": path}, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    if done.returncode:
        print(f"$ {' '.join(words)}\n{done.stdout[-3000:]}{done.stderr[-3000:]}", file=sys.stderr, flush=True)
    return done.returncode == 0


@contextmanager
def fixture(port: int) -> Iterator[str]:
    """The application with the suite's fixtures."""
    words = ("-W", "ignore", "-m", "uvicorn", "--factory", "tests.interop.fixture:create_app", "--port", str(port))
    with running(*words, env={**os.environ, "AIXIV_PORT": str(port)}, address=f"http://127.0.0.1:{port}/llms.txt"):
        yield f"http://127.0.0.1:{port}/mcp"


@contextmanager
def platform(home: Path) -> Iterator[str]:
    """A platform of its own, and three more web processes of it that share one port."""
    home.mkdir()
    first, port = free_port(), free_port()
    given = {**os.environ, "AIXIV_HOME": str(home), "AIXIV_PORT": str(first)}
    up = ("-c", "from aixiv.cli import main; main()", "up")
    with running(*up, env=given, address=f"http://127.0.0.1:{first}/readyz"):
        settings = with_running_addresses(Settings(home=home, port=port).with_secrets())
        words = ("-m", "uvicorn", "--factory", "mcp_server.asgi:create_app", "--workers", "3", "--port", str(port))
        env = environment(settings) | {"AIXIV_PUBLIC_URL": f"http://127.0.0.1:{port}"}
        with running(*words, env=env, address=f"http://127.0.0.1:{port}/readyz"):
            yield f"http://127.0.0.1:{port}/mcp"


@contextmanager
def running(*words: str, env: dict[str, str], address: str) -> Iterator[None]:
    """A process of ours that answers, until it is no longer needed."""
    with LOG.open("ab") as log:
        process = subprocess.Popen((sys.executable, *words), cwd=ROOT, env=env, stdout=log, stderr=log)
    try:
        wait_for(address, process)
        yield
    finally:
        process.terminate()
        process.wait(timeout=60)


def wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    """Return when the address answers."""
    for _ in range(PATIENCE * 2):
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            if process.poll() is not None:
                raise SystemExit(f"What should answer at {address} ended first; {LOG} says why") from None
            time.sleep(0.5)
    raise SystemExit(f"{address} does not answer")


def token(home: Path) -> str:
    """A token of an agent of a new author."""
    env = {**os.environ, "AIXIV_HOME": str(home)}

    def aixiv(*words: str) -> str:
        command = (sys.executable, "-c", "from aixiv.cli import main; main()", *words)
        return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=True).stdout

    aixiv("user", "add", "ada@example.org", "Ada")
    aixiv("agent", "register", "ada@example.org", "Scientist", "--family", "toy", "--operator", "Interop")
    scopes = [word for scope in SCOPES for word in ("--scope", scope)]
    said = aixiv("token", "issue", "ada@example.org", "interop", "--agent-name", "Scientist", *scopes)
    return next(word for word in said.split() if word.startswith("aixiv_"))


def work(home: Path) -> Path:
    """The bundled proposal, its revision and its letter, as every client reads them."""
    letter = tomllib.loads((PROPOSAL / "response.toml").read_text(encoding="utf-8"))
    said = {
        "run": uuid4().hex[:8],
        "title": "A proposal by a client",
        "v1": (PROPOSAL / "v1" / "proposal.md").read_text(encoding="utf-8"),
        "v2": (PROPOSAL / "v2" / "proposal.md").read_text(encoding="utf-8"),
        "answers": letter["answers"],
        "letter": letter["text"],
        "paper": {
            "kind": "proposal",
            "track": "editorial",  # where nothing is published unless its author says so
            "authors": [{"name": "Interop", "kind": "ai", "model": "toy", "operator": "Interop"}],
            "categories": ["Computer science"],
        },
    }
    path = home / "work.json"
    path.write_text(json.dumps(said), encoding="utf-8")
    return path


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        number: int = asked.getsockname()[1]
        return number


if __name__ == "__main__":
    sys.exit(main())
