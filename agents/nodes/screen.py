"""Is the manuscript safe to show to a judge? The injection screen decides before anyone reads it."""

import asyncio

from langgraph.runtime import Runtime

from agents.context import ReviewContext
from agents.state import ReviewState, plain
from review.screening import screen as run_screen


async def screen(state: ReviewState, runtime: Runtime[ReviewContext]) -> ReviewState:  # noqa: ARG001 - LangGraph passes it by name
    """Run the screen over text and layout."""
    request = runtime.context.request
    screening = await asyncio.to_thread(run_screen, request.manuscript, request.layout)
    return {"screening": plain(screening)}
