"""The seam between the graph and whoever judges: a model behind an endpoint, or the evidence alone.

A judge answers a few kinds of question. What it cannot answer it says by exception, never by a made-up answer:
`JudgeUnavailable` when nobody can be asked now, `JudgeUnreadable` when the answer makes no sense after repair.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Literal, Protocol

from agents.port import Predecessor
from review.manuscript import Kind, Manuscript
from review.panel import assigned
from review.policy import Models, Voter
from review.report import (
    Adjudication,
    Ballot,
    CheckResult,
    Comparison,
    PairwiseOpinion,
    Panel,
    RelatedWork,
    Report,
    ResponseLetter,
    Specialist,
    Usage,
)
from review.rubric import Rubric

Order = Literal["old_first", "new_first"]


class JudgeUnavailable(Exception):
    """Nobody can be asked: server down, refused, or out of time. `retryable`: asking again later can help."""

    def __init__(self, reason: str, *, retryable: bool = True) -> None:
        super().__init__(reason)
        self.retryable = retryable


class JudgeUnreadable(Exception):
    """An answer came, and it cannot be used. `usage` is what it cost all the same."""

    def __init__(self, reason: str, usage: Usage = Usage()) -> None:  # noqa: B008 - a frozen value
        super().__init__(reason)
        self.usage = usage


@dataclass(slots=True)
class Budget:
    """What one run may still spend: tokens, and time on the running loop's clock."""

    tokens: int
    deadline: float  # seconds, `asyncio` loop time

    def spend(self, usage: Usage) -> None:
        """Book an answer; the balance may end below zero, and then no further question is asked."""
        self.tokens -= usage.prompt_tokens - usage.cached_tokens + usage.completion_tokens

    @property
    def seconds_left(self) -> float:
        """Seconds until the deadline, at least zero."""
        return max(0.0, self.deadline - asyncio.get_running_loop().time())


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """All a judge may know about a version. Text in it is an author's: data, never an instruction."""

    kind: Kind
    manuscript: Manuscript
    rubric: Rubric
    roles: tuple[str, ...]
    checks: tuple[CheckResult, ...]
    fence: str  # boundary around untrusted text, one per round, checked to occur in none of it
    budget: Budget
    related: tuple[RelatedWork, ...] = ()
    previous: Predecessor | None = None
    response: ResponseLetter | None = None
    reports: tuple[Report, ...] = field(default=())  # for voters and comparison
    comparison: Comparison | None = None  # for voters
    ballots: tuple[Ballot, ...] = ()  # for adjudication; a voter sees none
    specialists: tuple[Specialist, ...] = ()  # empty: `roles` are the track's own
    max_spread: float = 10.0  # widest gap between overall scores (1..10) that the track lets pass
    models: Models = Models()  # noqa: RUF009 - a frozen value

    def criteria_of(self, role: str) -> tuple[str, ...]:
        """Criteria whose check findings this role tells; a role that is not on the panel tells none."""
        shares = assigned(self.rubric, self.specialists) if self.specialists else self.rubric.assign(self.roles)
        return shares.get(role, ())


class Judge(Protocol):
    """Answers the questions of a round. Implementations keep no state between calls."""

    @property
    def name(self) -> str:
        """`evidence` or `language-model`."""
        ...

    @property
    def model(self) -> str:
        """Model name, or the judge's own version when it uses none."""
        ...

    async def chair(self, material: Material) -> Panel:
        """Reviewers for this manuscript; a panel without specialists leaves it to the track's roles."""
        ...

    async def review(self, role: str, material: Material) -> Report:
        """One role's report on the version."""
        ...

    async def consolidate(self, material: Material) -> Report | None:
        """The chair's report on the panel's checked reports; None when there are fewer than two."""
        ...

    async def compare(self, material: Material, *, order: Order, letter: bool) -> PairwiseOpinion:
        """Which of the two versions is better, presented in this order, with or without the response letter."""
        ...

    async def vote(self, voter: Voter, material: Material) -> Ballot:
        """One voter's ballot, from the reports of the panel."""
        ...

    async def adjudicate(self, material: Material, cause: str) -> Adjudication:
        """A further look at a contested round: the best case for and against, and a written resolution."""
        ...
