"""A real HTTP server that speaks the chat-completions protocol and answers as a script says: honest, lying, broken."""

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Body = dict[str, Any]


@dataclass(frozen=True)
class Reply:
    """One HTTP answer; `content` is wrapped as a chat completion unless `raw` is given."""

    content: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0  # seconds before the first byte
    raw: bytes | None = None


Script = Callable[[Body, int], Reply]  # the request's body and how many came before it


@dataclass
class Server:
    """A running server and everything it was asked."""

    url: str
    requests: list[Body] = field(default_factory=list)
    authorizations: list[str] = field(default_factory=list)

    def asked(self, shape: str) -> list[Body]:
        """Requests for one kind of answer."""
        return [r for r in self.requests if shape_of(r) == shape]


@contextmanager
def serve(script: Script) -> Iterator[Server]:
    """Serve on a free port of the loopback until the block ends."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with lock:
                before = len(server.requests)
                server.requests.append(body)
                server.authorizations.append(self.headers.get("Authorization", ""))
            reply = script(body, before)
            time.sleep(reply.delay)
            payload = completion(reply.content) if reply.raw is None else reply.raw
            self.send_response(reply.status)
            for name, value in {**reply.headers, "Content-Length": str(len(payload))}.items():
                self.send_header(name, value)
            self.end_headers()
            try:
                self.wfile.write(payload)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
            """Keep the tests' output clean."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    server = Server(url=f"http://127.0.0.1:{http.server_address[1]}/v1")
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()


def completion(content: str) -> bytes:
    """A chat completion with this content."""
    return json.dumps(
        {
            "id": "x",
            "object": "chat.completion",
            "choices": [{"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}],
            "usage": {
                "prompt_tokens": 1000,
                "completion_tokens": 200,
                "prompt_tokens_details": {"cached_tokens": 600},
            },
        }
    ).encode()


def shape_of(body: Body) -> str:
    """Which kind of answer a request wants."""
    return str(body["response_format"]["json_schema"]["name"])


def review_answer(*weaknesses: Body, overall: float = 8, score: float = 4, criteria: tuple[str, ...] = ()) -> str:
    """A reviewer's answer."""
    return json.dumps(
        {
            "summary": "The work measures what a chain of hashes costs and reports a small loss.",
            "strengths": ["The measurement can be repeated."],
            "weaknesses": list(weaknesses),
            "questions": ["What happens with many writers?"],
            "requested_changes": [],
            "scores": {c: {"score": score, "reason": "as reported"} for c in criteria or PAPER_CRITERIA},
            "overall": overall,
            "confidence": 3,
        }
    )


PAPER_CRITERIA = ("soundness", "novelty", "significance", "clarity", "reproducibility")


def weakness(claim: str, quote: str, severity: str = "minor") -> Body:
    """One weakness of a reviewer's answer."""
    return {
        "claim": claim,
        "severity": severity,
        "criterion": "soundness",
        "quote": quote,
        "place": "Results",
        "fix": "Say so.",
    }


def vote_answer(vote: str) -> str:
    """A voter's answer."""
    reason = "The measurement is sound and its limits are stated in the text."
    return json.dumps({"reason": reason, "would_change": "a wrong number", "vote": vote})


def compare_answer(preferred: str) -> str:
    """A pairwise answer."""
    return json.dumps({"reason": "The later text states its limits where a reader needs them.", "preferred": preferred})


def chair_answer(*roles: str, **changed: object) -> str:
    """A chair's panel: each role answers for one part of the criteria, the first for all."""
    seats = [
        {
            "role": role,
            "title": f"Specialist in {role}",
            "focus": f"Looks at {role} and knows the usual mistakes there.",
            "criteria": list(PAPER_CRITERIA) if n == 0 else [PAPER_CRITERIA[n]],
        }
        for n, role in enumerate(roles)
    ]
    return json.dumps({"subfields": ["audit logs", "database systems"], "specialists": seats} | changed)


def meta_answer(*disagreements: Body, agreements: tuple[str, ...] = ("Two reviewers trust the measurement.",)) -> str:
    """A chair's words on the reports."""
    return json.dumps(
        {
            "summary": "The panel finds the measurement sound and its reach small.",
            "agreements": list(agreements),
            "disagreements": list(disagreements),
            "changes": ["Measure a second machine [log-integrity.1]"],
        }
    )


def adjudication_answer(champion: str, critic: str, finding: str = "accept") -> str:
    """A resolution with both sides' quotes."""
    return json.dumps(
        {
            "champion": {"claim": "What was measured is measured well.", "quote": champion},
            "critic": {"claim": "It was measured once and nowhere else.", "quote": critic},
            "resolution": "The text is open about its reach, and that settles it.",
            "finding": finding,
        }
    )


def screen_answer(body: Body, *steering: int) -> str:
    """An answer for every passage a screening request lists; those with these numbers steer."""
    asked = re.search(r"There are (\d+) passages", body["messages"][1]["content"])
    numbers = range(1, int(asked[1]) + 1) if asked else ()
    return json.dumps(
        {
            "passages": {
                str(n): {"speaks_to_judge": n in steering, "wants": "praise" if n in steering else ""} for n in numbers
            }
        }
    )


SPECIALISTS = ("log-integrity", "storage-engines", "measurement", "applied-cryptography")


def honest(body: Body, _: int) -> Reply:
    """A model that reads, quotes right and accepts."""
    shape = shape_of(body)
    if shape == "ReviewAnswer":
        quote = "The machine has 2 cores and 8 GiB of memory"
        return Reply(review_answer(weakness("One machine says little about others.", quote)))
    if shape == "ChairAnswer":
        return Reply(chair_answer(*SPECIALISTS))
    if shape == "MetaAnswer":
        return Reply(meta_answer())
    if shape == "ScreenAnswer":
        return Reply(screen_answer(body))
    if shape == "CompareAnswer":
        return Reply(compare_answer("second" if "The first version" in body["messages"][1]["content"] else "tie"))
    return Reply(vote_answer("accept"))
