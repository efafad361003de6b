"""State and surroundings of a run: plain JSON values in the state, everything with behaviour in the context."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypedDict

from agents.scientist.author import Author
from agents.scientist.door import Platform
from agents.scientist.journal import Journal

Step = Literal["prepare", "check", "submit", "wait", "read", "revise", "publish", "end"]


class ScientistState(TypedDict, total=False):
    """Where a run stands. `step` is what comes next."""

    step: Step
    run_id: str
    kind: str
    metadata: dict[str, Any]
    facts: dict[str, str]
    version: int  # that is being made, or that the platform has
    paper_id: str
    status: str  # of the newest version, as the platform says it
    reports: list[dict[str, Any]]  # of the newest version
    answers: dict[str, str]  # to the findings of the version before
    letter: str
    summary: str
    upload: int  # attempts at an upload slot, beyond the first
    asked_again: bool  # the review broke off and was asked for once more
    outcome: dict[str, Any]


@dataclass(frozen=True)
class ScientistContext:
    """What a run works with."""

    platform: Platform
    journal: Journal
    author: Author
    manuscript: Path | None  # None: written from `topic`
    topic: str = ""
    rounds: int = 3  # versions it submits at most
    may_publish: bool = True
    say: Callable[[str], None] = field(default=lambda _: None)

    def tell(self, step: str, text: str, **details: Any) -> None:
        """Write into the journal, and say it to who watches."""
        self.journal.record(step, text, **details)
        self.say(text)
