"""One reviewer of the panel reads and reports; the panel's branches run side by side."""

from langgraph.runtime import Runtime

from agents.context import ReviewContext
from agents.judges import JudgeUnreadable
from agents.state import ReviewState, plain


class ReviewBranch(ReviewState, total=False):
    """What one branch needs of the state, and whose branch it is."""

    role: str


async def review(state: ReviewBranch, runtime: Runtime[ReviewContext]) -> ReviewState:
    """Ask the judge for this role's report. An unreadable answer leaves the chair empty, and the policy holds."""
    context, role = runtime.context, state["role"]
    try:
        report = await context.judge.review(role, context.material(state))
    except JudgeUnreadable as failure:
        return {"answers": {role: {"absent": str(failure), "usage": plain(failure.usage)}}}
    return {"answers": {role: plain(report)}}
