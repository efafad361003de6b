"""The judge behind an OpenAI-compatible endpoint. It asks, reads, repairs once, and never fills in for a silent model.

What a model says is not believed here: the graph looks up its quotes, and the policy counts its ballot. Findings of the
deterministic checks are set beside the model's own, so that an author can answer both by id.
"""

from collections.abc import Callable
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from agents.judges import JudgeUnreadable, Material, Order
from agents.judges.answers import (
    AdjudicationAnswer,
    ChairAnswer,
    CompareAnswer,
    Difference,
    MetaAnswer,
    ReviewAnswer,
    Schema,
    Unreadable,
    VoteAnswer,
    chair_schema,
    check_panel,
    check_scores,
    check_sides,
    check_words,
    covered,
    distinct_roles,
    json_schema,
    meta_schema,
    read,
    review_schema,
)
from agents.judges.chat import Endpoint, Message, ask
from agents.judges.prompts import (
    ADJUDICATE_FILES,
    CHAIR_FILES,
    META_FILES,
    VOTE_FILES,
    adjudicate_prompt,
    chair_prompt,
    compare_prompt,
    meta_prompt,
    prompt_hash,
    review_files,
    review_prompt,
    system_prompt,
    vote_prompt,
)
from review.comparison import ABSENCE
from review.consolidate import consolidated, scores_told
from review.panel import by_severity
from review.policy import Models, Voter
from review.report import (
    CHAIR,
    Adjudication,
    Argument,
    Ballot,
    CriterionScore,
    Finding,
    PairwiseOpinion,
    Panel,
    Report,
    Side,
    Specialist,
    Split,
    Usage,
)

T = TypeVar("T", bound=Struct)

NAME = "language-model"
MAX_TOKENS = {"chair": 2000, "review": 6000, "meta": 3000, "adjudicate": 2000, "compare": 800, "vote": 1000}
NO_MODELS = Models()
MAX_REPAIR_CHARS = 4000  # of the answer that is shown to the model again


class LanguageModelJudge:
    """Implements `agents.judges.Judge`.

    Which model is asked: the one a voter's seat names, else the track's for the role, else the operator's for the role
    (`models`), else the endpoint's.
    """

    name = NAME

    def __init__(self, endpoint: Endpoint, models: Models = NO_MODELS) -> None:
        self._endpoint = endpoint
        self._models = models

    @property
    def model(self) -> str:
        """The model the endpoint is asked for when a seat names none."""
        return self._endpoint.model

    async def chair(self, material: Material) -> Panel:
        """Three to five specialists for this manuscript, none of whose names is a check's or the chair's."""
        reserved = frozenset(c.check for c in material.checks) | {ABSENCE, CHAIR}
        model = material.models.chair or self._models.chair or self.model
        answer, usage = await self._ask(
            ChairAnswer,
            material,
            chair_prompt(material),
            max_tokens=MAX_TOKENS["chair"],
            schema=chair_schema(material.rubric),
            check=lambda a: check_panel(a, material.rubric),
            model=model,
        )
        roles = distinct_roles([s.role for s in answer.specialists], reserved)
        criteria = covered([s.criteria for s in answer.specialists], material.rubric)
        return Panel(
            subfields=tuple(answer.subfields),
            specialists=tuple(
                Specialist(role=role, title=s.title, focus=s.focus, criteria=mine)
                for s, role, mine in zip(answer.specialists, roles, criteria, strict=True)
            ),
            model=model,
            prompt_hash=prompt_hash(*CHAIR_FILES),
            usage=usage,
        )

    async def review(self, role: str, material: Material) -> Report:
        """One role's report; findings of checks that fall under this role's criteria stand beside its own."""
        model = material.models.specialist or self._models.specialist or self.model
        seat = next((s for s in material.specialists if s.role == role), None)
        answer, usage = await self._ask(
            ReviewAnswer,
            material,
            review_prompt(role, material),
            max_tokens=MAX_TOKENS["review"],
            schema=review_schema(material.rubric),
            check=lambda a: check_scores(a, material.rubric),
            model=model,
        )
        return Report(
            role=role,
            judge=NAME,
            model=model,
            prompt_hash=prompt_hash(*review_files(role, made_by_chair=seat is not None)),
            rubric_hash=material.rubric.hash,
            summary=answer.summary,
            strengths=tuple(answer.strengths),
            weaknesses=by_severity(_own_findings(role, answer, material) + _check_findings(role, material)),
            questions=tuple(answer.questions),
            requested_changes=tuple(answer.requested_changes),
            scores=tuple(
                CriterionScore(criterion=key, score=answer.scores[key].score, reason=answer.scores[key].reason)
                for key in material.rubric.keys
            ),
            overall=answer.overall,
            confidence=answer.confidence,
            usage=usage,
            disclosure=_disclosure(model, seat),
        )

    async def consolidate(self, material: Material) -> Report | None:
        """The chair's words beside the scores, which are put together by rule; differing scores always stay visible."""
        model = material.models.chair or self._models.chair or self.model
        counted = consolidated(
            material.reports, judge=NAME, model=model, rubric_hash=material.rubric.hash, max_spread=material.max_spread
        )
        if counted is None:
            return None
        roles = tuple(r.role for r in material.reports)
        answer, usage = await self._ask(
            MetaAnswer,
            material,
            meta_prompt(material),
            max_tokens=MAX_TOKENS["meta"],
            schema=meta_schema(roles),
            check=lambda a: check_sides(a, roles),
            model=model,
        )
        return replace(
            counted,
            prompt_hash=prompt_hash(*META_FILES),
            summary=f"{scores_told(material.reports)} {answer.summary}",
            agreements=tuple(answer.agreements),
            splits=(*counted.splits, *(_told_split(d) for d in answer.disagreements)),
            requested_changes=tuple(answer.changes) or counted.requested_changes,
            disclosure=(
                f"Put together by the language model {model} from the reviewers' reports; scores are medians of "
                "theirs, and every quote was looked up in the manuscript."
            ),
            usage=usage,
        )

    async def compare(self, material: Material, *, order: Order, letter: bool) -> PairwiseOpinion:
        """One look at the pair, mapped back from first and second to old and new."""
        prompt = compare_prompt(material, order=order, letter=letter)
        answer, usage = await self._ask(
            CompareAnswer,
            material,
            prompt,
            max_tokens=MAX_TOKENS["compare"],
            model=material.models.specialist or self._models.specialist or self.model,
        )
        shown = ("old", "new") if order == "old_first" else ("new", "old")
        preferred = {"first": shown[0], "second": shown[1], "tie": "tie"}[answer.preferred]
        return PairwiseOpinion(
            order=order,
            letter=letter,
            preferred=preferred,  # type: ignore[arg-type]  # one of three literals
            reason=answer.reason,
            usage=usage,
        )

    async def vote(self, voter: Voter, material: Material) -> Ballot:
        """One voter's ballot, from the manuscript and the checked reports."""
        model = voter.model or material.models.voter or self._models.voter or self.model
        answer, usage = await self._ask(
            VoteAnswer,
            material,
            vote_prompt(voter, material),
            max_tokens=MAX_TOKENS["vote"],
            check=lambda a: check_words(reason=a.reason),
            model=model,
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

    async def adjudicate(self, material: Material, cause: str) -> Adjudication:
        """Champion's and critic's best argument and a resolution; whether the quotes hold is looked up by the graph."""
        model = material.models.chair or self._models.chair or self.model
        answer, usage = await self._ask(
            AdjudicationAnswer,
            material,
            adjudicate_prompt(material, cause),
            max_tokens=MAX_TOKENS["adjudicate"],
            model=model,
        )
        return Adjudication(
            cause=cause,
            champion=Argument(claim=answer.champion.claim, quote=answer.champion.quote.strip()),
            critic=Argument(claim=answer.critic.claim, quote=answer.critic.quote.strip()),
            resolution=answer.resolution,
            finding=answer.finding,
            supported=False,
            model=model,
            prompt_hash=prompt_hash(*ADJUDICATE_FILES),
            usage=usage,
        )

    async def _ask(
        self,
        shape: type[T],
        material: Material,
        prompt: str,
        *,
        max_tokens: int,
        schema: Schema | None = None,
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
                    schema or json_schema(shape),
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


def _told_split(difference: Difference) -> Split:
    one, two = (Side(role=role, says=s.says, quote=s.quote.strip()) for role, s in difference.sides.items())
    return Split(about=difference.about, sides=(one, two))


def _disclosure(model: str, seat: Specialist | None) -> str:
    sentence = (
        f"Written by the language model {model}; every quote was looked up in the manuscript. "
        "Findings under the name of a check come from deterministic checks."
    )
    return f"{sentence} The chair made this seat for this manuscript: {seat.title}. {seat.focus}" if seat else sentence


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
    own = material.criteria_of(role)
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
