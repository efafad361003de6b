"""What can be shown without judging: the deterministic checks."""

import asyncio

from langgraph.runtime import Runtime

from agents.context import ReviewContext
from agents.state import ReviewState, plain
from review.checks import run_checks


async def evidence(state: ReviewState, runtime: Runtime[ReviewContext]) -> ReviewState:  # noqa: ARG001 - LangGraph passes it by name
    """Run every check over the manuscript."""
    request = runtime.context.request
    return {"checks": plain(await asyncio.to_thread(run_checks, request.manuscript, request.kind))}
