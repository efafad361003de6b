"""The judge behind an OpenAI-compatible endpoint. It asks, reads, repairs once, and never fills in for a silent model.

What a model says is not believed here: the graph looks up its quotes, and the policy counts its ballot. Findings of the
deterministic checks are set beside the model's own, so that an author can answer both by id.
"""

from collections.abc import Callable
from typing import TypeVar

from msgspec import Struct

from agents.judges import JudgeUnreadable, Material, Order
from agents.judges.answers import CompareAnswer, ReviewAnswer, Unreadable, VoteAnswer, check_scores, json_schema, read
from agents.judges.chat import Endpoint, Message, ask
from agents.judges.prompts import (
    VOTE_FILES,
    compare_prompt,
    prompt_hash,
    review_files,
    review_prompt,
    system_prompt,
    vote_prompt,
)
from review.panel import by_severity
from review.policy import Voter
from review.report import Ballot, CriterionScore, Finding, PairwiseOpinion, Report, Usage

T = TypeVar("T", bound=Struct)

NAME = "language-model"
MAX_TOKENS = {"review": 6000, "compare": 800, "vote": 1000}
MAX_REPAIR_CHARS = 4000  # of the answer that is shown to the model again


class LanguageModelJudge:
    """Implements `agents.judges.Judge`. `model` of a voter's seat overrides the endpoint's."""

    name = NAME

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    @property
    def model(self) -> str:
        """The model the endpoint is asked for when a seat names none."""
        return self._endpoint.model

    async def review(self, role: str, material: Material) -> Report:
        """One role's report; findings of checks that fall under this role's criteria stand beside its own."""
        answer, usage = await self._ask(
            ReviewAnswer,
            material,
            review_prompt(role, material),
            max_tokens=MAX_TOKENS["review"],
            check=lambda a: check_scores(a, material.rubric),
        )
        return Report(
            role=role,
            judge=NAME,
            model=self.model,
            prompt_hash=prompt_hash(*review_files(role)),
            rubric_hash=material.rubric.hash,
            summary=answer.summary,
            strengths=tuple(answer.strengths),
            weaknesses=by_severity(_own_findings(role, answer, material) + _check_findings(role, material)),
            questions=tuple(answer.questions),
            requested_changes=tuple(answer.requested_changes),
            scores=tuple(CriterionScore(criterion=s.criterion, score=s.score, reason=s.reason) for s in answer.scores),
            overall=answer.overall,
            confidence=answer.confidence,
            usage=usage,
            disclosure=(
                f"Written by the language model {self.model}; every quote was looked up in the manuscript. "
                "Findings under the name of a check come from deterministic checks."
            ),
        )

    async def compare(self, material: Material, *, order: Order, letter: bool) -> PairwiseOpinion:
        """One look at the pair, mapped back from first and second to old and new."""
        prompt = compare_prompt(material, order=order, letter=letter)
        answer, _ = await self._ask(CompareAnswer, material, prompt, max_tokens=MAX_TOKENS["compare"])
        shown = ("old", "new") if order == "old_first" else ("new", "old")
        preferred = {"first": shown[0], "second": shown[1], "tie": "tie"}[answer.preferred]
        return PairwiseOpinion(
            order=order,
            letter=letter,
            preferred=preferred,  # type: ignore[arg-type]  # one of three literals
            reason=answer.reason,
        )

    async def vote(self, voter: Voter, material: Material) -> Ballot:
        """One voter's ballot, from the manuscript and the checked reports."""
        model = voter.model or self.model
        answer, usage = await self._ask(
            VoteAnswer, material, vote_prompt(voter, material), max_tokens=MAX_TOKENS["vote"], model=model
        )
        change = f" What would change this vote: {answer.would_change}" if answer.would_change.strip() else ""
        return Ballot(
            voter=voter.name,
            model=model,
            vote=answer.vote,
            reason=answer.reason + change,
            valid=True,
            prompt_hash=prompt_hash(*VOTE_FILES),
            usage=usage,
        )

    async def _ask(
        self,
        shape: type[T],
        material: Material,
        prompt: str,
        *,
        max_tokens: int,
        check: Callable[[T], None] = lambda _: None,
        model: str = "",
    ) -> tuple[T, Usage]:
        messages: list[Message] = [
            {"role": "system", "content": system_prompt(material)},
            {"role": "user", "content": prompt},
        ]
        spent = Usage()
        problem = ""
        for _ in range(2):  # the question, and one repair
            try:
                reply = await ask(
                    self._endpoint,
                    messages,
                    json_schema(shape),
                    material.budget,
                    model=model or self.model,
                    max_tokens=max_tokens,
                )
            except JudgeUnreadable as failure:
                raise JudgeUnreadable(str(failure), spent + failure.usage) from failure
            spent += reply.usage
            try:
                answer = read(reply.content, shape)
                check(answer)
            except Unreadable as failure:
                problem = str(failure)
                messages = [*messages, *_repair(reply.content, problem)]
            else:
                return answer, spent
        raise JudgeUnreadable(f"the answer stayed unreadable after one repair: {problem}", spent)


def _own_findings(role: str, answer: ReviewAnswer, material: Material) -> tuple[Finding, ...]:
    return tuple(
        Finding(
            id=f"{role}.{number}",
            claim=w.claim,
            severity=w.severity,
            criterion=material.rubric.criterion(w.criterion).key,
            source=role,
            quote=w.quote.strip(),
            place=w.place,
            fix=w.fix,
        )
        for number, w in enumerate(answer.weaknesses, start=1)
    )


def _check_findings(role: str, material: Material) -> tuple[Finding, ...]:
    own = material.rubric.assign(material.roles).get(role, ())
    findings = (f for result in material.checks for f in result.findings)
    return tuple(f for f in findings if material.rubric.criterion(f.criterion).key in own)


def _repair(content: str, problem: str) -> list[Message]:
    return [
        {"role": "assistant", "content": content[:MAX_REPAIR_CHARS] or "(nothing)"},
        {
            "role": "user",
            "content": f"This answer cannot be read. {problem} Answer again with one JSON object in the given schema.",
        },
    ]
