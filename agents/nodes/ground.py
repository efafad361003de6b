"""What stands near this work: the platform's corpus, and outside indexes where they can be reached."""

from langgraph.runtime import Runtime

from agents.context import ReviewContext
from agents.state import ReviewState, plain


async def ground(state: ReviewState, runtime: Runtime[ReviewContext]) -> ReviewState:  # noqa: ARG001 - LangGraph passes it by name
    """Ask the platform for related work."""
    context = runtime.context
    return {"related": plain(list(await context.find_related(context.request.manuscript)))}
