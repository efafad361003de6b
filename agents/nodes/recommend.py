"""The policy's answer to the round. The platform, not the graph, applies it."""

from langgraph.runtime import Runtime

from agents.context import ReviewContext
from agents.state import (
    ReviewState,
    absences_of,
    adjudication_of,
    ballots_of,
    comparison_of,
    grounding_of,
    plain,
    reports_of,
    roles_of,
    screening_of,
)
from review.overlap import kept_back
from review.policy import recommend as apply_policy


async def recommend(state: ReviewState, runtime: Runtime[ReviewContext]) -> ReviewState:
    """Map everything found to accept, revise, reject or hold."""
    context = runtime.context
    request, policy = context.request, context.request.policy
    roles = roles_of(state, policy)
    recommendation = apply_policy(
        policy,
        screening=screening_of(state),
        screening_waived=request.screening_waived,
        reports=reports_of(state, roles),
        reviewers=len(roles),
        absences=absences_of(state),
        adjudication=adjudication_of(state),
        ballots=ballots_of(state, [v.name for v in policy.voters]),
        comparison=comparison_of(state),
        round_number=request.round_number,
    )
    if not request.screening_waived:
        recommendation = kept_back(recommendation, grounding_of(state))
    return {"recommendation": plain(recommendation)}
