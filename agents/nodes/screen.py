"""Is the manuscript safe to show to a judge? The injection screen decides before anyone reads it.

Rules always run. The semantic stage runs where an embedding service is configured, the language model's where there is
a model; when one of them is configured and does not answer, the run ends for a retry or the version is held.
"""

import asyncio

from langgraph.runtime import Runtime
from msgspec.structs import replace

from agents.context import ReviewContext
from agents.judges import JudgeUnreadable
from agents.judges.screening import Screener, Sorting
from agents.port import Embed
from agents.state import ReviewState, plain
from review.layout import Layout
from review.report import Screening
from review.screening import passages, with_findings
from review.screening import screen as run_screen
from review.screening.semantic import Vectors
from review.screening.suspects import model_findings, suspects

MODEL_STAGE = "language model"


async def screen(state: ReviewState, runtime: Runtime[ReviewContext]) -> ReviewState:
    """Run the screen over text and layout."""
    context = runtime.context
    manuscript, layout = context.request.manuscript, context.request.layout
    vectors = await vectors_of(layout, context.embed) if context.embed else None
    found = await asyncio.to_thread(run_screen, manuscript, layout, vectors)
    if context.screener is not None and found.verdict in ("clear", "suspicious"):
        found = await _second_opinion(context, context.screener, found, state["fence"])
    return {"screening": plain(found)}


async def vectors_of(layout: Layout, embed: Embed) -> Vectors:
    """A vector for each text the semantic stage compares; raises the errors of `inference.client`."""
    texts = passages(layout)
    return dict(zip(texts, await embed(texts), strict=True))


async def _second_opinion(context: ReviewContext, screener: Screener, found: Screening, fence: str) -> Screening:
    """The screening with what a language model says of suspect passages: more findings, or the same."""
    request = context.request
    asked = await asyncio.to_thread(suspects, request.manuscript, request.layout, found.findings)
    if not asked:
        return with_findings(found, MODEL_STAGE, ())
    try:
        sorting = await screener.sort(asked, fence=fence, budget=context.budget, model=request.policy.models.screen)
    except JudgeUnreadable as failure:
        reason = (
            f"A language model was asked about {len(asked)} suspect passages and gave no readable answer: {failure}."
        )
        return replace(found, verdict="unreadable", reason=reason, usage=failure.usage)
    more = model_findings(asked, sorting.steering, request.manuscript, request.layout)
    return _told(with_findings(found, MODEL_STAGE, more), sorting)


def _told(found: Screening, sorting: Sorting) -> Screening:
    return replace(found, model=sorting.model, prompt_hash=sorting.prompt_hash, usage=sorting.usage)
