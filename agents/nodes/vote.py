"""One voter's ballot; the voters' branches run side by side and see no other ballot.

A ballot that invents its grounds is kept with what it said, and counts for nothing.
"""

import asyncio

from langgraph.runtime import Runtime

from agents.context import ReviewContext
from agents.judges import JudgeUnreadable
from agents.state import ReviewState, plain
from review.report import Ballot
from review.verification import checked_ballot


class VoteBranch(ReviewState, total=False):
    """What one branch needs of the state, and whose branch it is."""

    voter: str


async def vote(state: VoteBranch, runtime: Runtime[ReviewContext]) -> ReviewState:
    """Ask the judge for this voter's ballot. An unreadable answer is an invalid ballot and counts for nothing."""
    context = runtime.context
    voter = next(v for v in context.request.policy.voters if v.name == state["voter"])
    material = context.material(state)
    try:
        ballot = await context.judge.vote(voter, material)
    except JudgeUnreadable as failure:
        ballot = Ballot(
            voter=voter.name,
            model=voter.model or context.request.policy.models.voter or context.judge.model,
            vote=None,
            reason=f"No readable ballot: {failure}",
            valid=False,
            usage=failure.usage,
        )
    previous = material.previous
    works = (material.manuscript, previous.manuscript) if previous else (material.manuscript,)
    earlier = previous.findings if previous else ()
    checked = await asyncio.to_thread(checked_ballot, ballot, works, material.reports, earlier)
    return {"ballots": {voter.name: plain(checked)}}
