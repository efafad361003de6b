"""What stands near this work, and what is known of the works it cites: the platform asks its indexes."""

import asyncio

from langgraph.runtime import Runtime

from agents.context import ReviewContext
from agents.state import ReviewState, plain
from review.references.listing import ground as judge_references


async def ground(state: ReviewState, runtime: Runtime[ReviewContext]) -> ReviewState:  # noqa: ARG001 - LangGraph passes it by name
    """Ask for related work and for what the references mean, then judge every entry."""
    context = runtime.context
    manuscript = context.request.manuscript
    related, known = await asyncio.gather(context.find_related(manuscript), context.look_up(manuscript))
    grounding = await asyncio.to_thread(judge_references, manuscript, known)
    return {"related": plain(list(related)), "grounding": plain(grounding)}
