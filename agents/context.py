"""What a run is given and never changes: the request, the judge, the rubric, the budget.

It travels as LangGraph run context, not as state, so that a checkpoint holds results only and an untrusted text is
never written into one.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from agents.judges import Budget, Judge, Material
from agents.judges.screening import Screener
from agents.port import Embed, FindRelated, LookUp, ReviewRequest, nothing_known
from agents.state import ReviewState, ballots_of, checks_of, comparison_of, panel_of, related_of, reports_of, roles_of
from review.report import Screening
from review.rubric import Rubric

FENCE_BYTES = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewContext:
    """Run context of the reviewer graph."""

    request: ReviewRequest
    judge: Judge
    rubric: Rubric
    find_related: FindRelated
    budget: Budget
    look_up: LookUp = nothing_known
    embed: Embed | None = None  # None: no embedding service is configured, and the screen's stages say so
    screener: Screener | None = None  # None: no language model is configured

    def blocked(self, screening: Screening) -> bool:
        """Whether the screen keeps the manuscript from every judge until an editor has looked."""
        return screening.verdict != "clear" and not self.request.screening_waived

    def material(self, state: ReviewState) -> Material:
        """What a judge sees at this point of the run."""
        request, panel = self.request, panel_of(state)
        roles = roles_of(state, request.policy)
        return Material(
            kind=request.kind,
            manuscript=request.manuscript,
            rubric=self.rubric,
            roles=roles,
            checks=checks_of(state),
            fence=state["fence"],
            budget=self.budget,
            related=related_of(state),
            previous=request.previous,
            response=request.response,
            reports=reports_of(state, roles),
            comparison=comparison_of(state),
            ballots=ballots_of(state, [v.name for v in request.policy.voters]),
            specialists=panel.specialists if panel else (),
            max_spread=request.policy.max_spread,
            models=request.policy.models,
        )


def untrusted_texts(request: ReviewRequest) -> tuple[str, ...]:
    """Every text of the request that an author wrote."""
    texts = [request.manuscript.title, request.manuscript.abstract, request.manuscript.text]
    texts += [side.text for side in request.layout.side_texts]
    if request.previous:
        texts.append(request.previous.manuscript.text)
    if request.response:
        texts += [request.response.text, *request.response.answers.values()]
    return tuple(texts)


def new_fence(texts: Iterable[str]) -> str:
    """A random word that occurs in none of the texts, in any case."""
    joined = "\n".join(texts).casefold()
    while True:
        fence = secrets.token_hex(FENCE_BYTES)
        if fence not in joined:
            return fence
