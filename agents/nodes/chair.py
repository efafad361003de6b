"""Who reviews this manuscript? The chair makes the panel, where the track leaves it to one."""

from langgraph.runtime import Runtime

from agents.context import ReviewContext
from agents.judges import JudgeUnreadable
from agents.state import ReviewState, plain
from review.report import Panel


async def chair(state: ReviewState, runtime: Runtime[ReviewContext]) -> ReviewState:
    """Ask the judge for specialists. Without a usable answer the track's own roles review, and the panel says so."""
    context = runtime.context
    policy = context.request.policy
    if policy.mode == "single" or policy.roles_from == "policy":
        return {"panel": plain(Panel())}
    try:
        panel = await context.judge.chair(context.material(state))
    except JudgeUnreadable as failure:
        note = f"The chair's answer could not be used ({failure}); the track's own reviewers read the work."
        panel = Panel(note=note, model=policy.models.chair or context.judge.model, usage=failure.usage)
    return {"panel": plain(panel)}
