"""The chair's report on the panel's reports. It informs people; it is no reviewer, and nothing is decided by it."""

import asyncio

import msgspec
from langgraph.runtime import Runtime

from agents.context import ReviewContext
from agents.judges import JudgeUnreadable
from agents.state import ReviewState, plain
from review.consolidate import DISCLOSURE, consolidated
from review.verification import checked_meta


async def meta(state: ReviewState, runtime: Runtime[ReviewContext]) -> ReviewState:
    """Consolidate the checked reports. Words that cannot be read leave what can be put together by rule."""
    context = runtime.context
    material = context.material(state)
    try:
        report = await context.judge.consolidate(material)
    except JudgeUnreadable as failure:
        report = consolidated(
            material.reports,
            judge=context.judge.name,
            model=material.models.chair or context.judge.model,
            rubric_hash=material.rubric.hash,
            max_spread=material.max_spread,
        )
        if report is not None:
            told = f"{DISCLOSURE} The chair's own words could not be used ({failure})."
            report = msgspec.structs.replace(report, disclosure=told, usage=failure.usage)
    if report is None:
        return {"meta": {}}
    return {"meta": plain(await asyncio.to_thread(checked_meta, report, context.request.manuscript))}
