"""Does the manuscript say what the reviewers quote? What cannot be shown is dropped or demoted, and counted."""

import asyncio

import msgspec
from langgraph.runtime import Runtime

from agents.context import ReviewContext
from agents.state import ReviewState, plain, related_of
from review.comparison import ABSENCE
from review.report import Report
from review.verification import checked_report


async def check(state: ReviewState, runtime: Runtime[ReviewContext]) -> ReviewState:
    """Keep of every report what the manuscript supports."""
    manuscript = runtime.context.request.manuscript
    related = related_of(state)
    sources = frozenset(result["check"] for result in state["checks"]) | {ABSENCE}
    delivered = {role: msgspec.convert(raw, Report) for role, raw in state["answers"].items() if "absent" not in raw}
    return {
        "reports": {
            role: plain(await asyncio.to_thread(checked_report, report, manuscript, sources, related))
            for role, report in sorted(delivered.items())
        }
    }
