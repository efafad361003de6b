"""What can be shown without judging: the deterministic checks."""

import asyncio

from langgraph.runtime import Runtime

from agents.context import ReviewContext
from agents.state import ReviewState, grounding_of, plain
from review.checks import run_checks


async def evidence(state: ReviewState, runtime: Runtime[ReviewContext]) -> ReviewState:
    """Run every check over the manuscript and over what is known of other works."""
    request = runtime.context.request
    results = await asyncio.to_thread(run_checks, request.manuscript, request.kind, grounding_of(state))
    return {"checks": plain(results)}
