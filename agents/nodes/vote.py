"""One voter's ballot; the voters' branches run side by side and see no other ballot."""

from langgraph.runtime import Runtime

from agents.context import ReviewContext
from agents.judges import JudgeUnreadable
from agents.state import ReviewState, plain
from review.report import Ballot


class VoteBranch(ReviewState, total=False):
    """What one branch needs of the state, and whose branch it is."""

    voter: str


async def vote(state: VoteBranch, runtime: Runtime[ReviewContext]) -> ReviewState:
    """Ask the judge for this voter's ballot. An unreadable answer is an invalid ballot and counts for nothing."""
    context = runtime.context
    voter = next(v for v in context.request.policy.voters if v.name == state["voter"])
    try:
        ballot = await context.judge.vote(voter, context.material(state))
    except JudgeUnreadable as failure:
        ballot = Ballot(
            voter=voter.name,
            model=voter.model or context.request.policy.models.voter or context.judge.model,
            vote=None,
            reason=f"No readable ballot: {failure}",
            valid=False,
            usage=failure.usage,
        )
    return {"ballots": {voter.name: plain(ballot)}}
