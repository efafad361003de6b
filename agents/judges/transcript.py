"""Real questions and answers of a model, kept in a file and given again without a server.

One line of JSON per question. A question is known by a hash of what was asked, with every fence, which is random,
replaced by a word that is the same in all runs. A question that is not in the file is a failure, never a guess. The
file holds manuscripts: who may read it may read them.
"""

import hashlib
import json
import os
import re
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct

from agents.judges import JudgeUnavailable
from review.report import Usage

_FENCE = re.compile(r"(?:BEGIN|END) ([0-9a-f]{24})\b")
SAME = "fence-of-the-round"


class Exchange(Struct, frozen=True, kw_only=True):
    """One question and what was answered, both without the run's fence."""

    key: str
    question: dict[str, Any]
    content: str
    usage: Usage = Usage()


class Transcript(Struct, frozen=True, kw_only=True):
    """A file that is written to or answered from."""

    path: Path
    mode: Literal["record", "replay"]

    def kept(self, question: dict[str, Any]) -> tuple[str, Usage]:
        """The answer that was recorded to this question; raises `JudgeUnavailable`, which trying again cannot help."""
        key, fence = request_key(question), _fence_of(question)
        found = _exchanges(self.path, _stamp(self.path)).get(key)
        if found is None:
            asked = question["response_format"]["json_schema"]["name"]
            raise JudgeUnavailable(
                f"the transcript {self.path.name} has no answer to this question ({asked}, {key[:12]})", retryable=False
            )
        return found.content.replace(SAME, fence) if fence else found.content, found.usage

    def keep(self, question: dict[str, Any], content: str, usage: Usage) -> None:
        """Append an answer. One write per line, so that branches and processes do not mix theirs."""
        fence = _fence_of(question)
        exchange = Exchange(
            key=request_key(question),
            question=_without_fence(question),
            content=content.replace(fence, SAME) if fence else content,
            usage=usage,
        )
        self.path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, msgspec.json.encode(exchange) + b"\n")
        finally:
            os.close(descriptor)


def request_key(question: dict[str, Any]) -> str:
    """SHA-256 of what is asked: model, messages, schema and limits, without the fence."""
    canonical = json.dumps(_without_fence(question), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _fence_of(question: dict[str, Any]) -> str:
    """The fence of a question: the first one its system text names."""
    found = _FENCE.search(question["messages"][0]["content"])
    return found[1] if found else ""


def _without_fence(question: dict[str, Any]) -> dict[str, Any]:
    fence = _fence_of(question)
    messages = [{**m, "content": m["content"].replace(fence, SAME)} if fence else dict(m) for m in question["messages"]]
    return {**question, "messages": messages}


def _stamp(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError as missing:
        raise JudgeUnavailable(f"the transcript {path} cannot be read: {missing}", retryable=False) from missing


@lru_cache(maxsize=4)
def _exchanges(path: Path, stamp: int) -> dict[str, Exchange]:  # noqa: ARG001 - a changed file is read again
    """Answers by key; of two answers to one question the later one counts."""
    found: dict[str, Exchange] = {}
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        try:
            exchange = msgspec.json.decode(line, type=Exchange)
        except msgspec.MsgspecError as failure:
            reason = f"line {number} of the transcript {path.name} cannot be read: {failure}"
            raise JudgeUnavailable(reason, retryable=False) from failure
        found[exchange.key] = exchange
    return found
