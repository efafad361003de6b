"""A contested round gets a further look and a written resolution, instead of a mean."""

import asyncio

import msgspec
from langgraph.runtime import Runtime

from agents.context import ReviewContext
from agents.judges import JudgeUnreadable
from agents.state import ReviewState, plain
from review.manuscript import Manuscript
from review.policy import contested
from review.quotes import find_quote
from review.report import Adjudication, Argument


async def adjudicate(state: ReviewState, runtime: Runtime[ReviewContext]) -> ReviewState:
    """Ask for a resolution where reviewers or voters are split. An unreadable one resolves nothing."""
    context = runtime.context
    material = context.material(state)
    cause = contested(context.request.policy, material.reports, material.ballots)
    if not cause:
        return {"adjudication": {}}
    try:
        found = await context.judge.adjudicate(material, cause)
    except JudgeUnreadable as failure:
        found = Adjudication(
            cause=cause,
            champion=None,
            critic=None,
            resolution=f"No readable answer: {failure}.",
            finding="undecided",
            supported=False,
            model=material.models.chair or context.judge.model,
            usage=failure.usage,
        )
    return {"adjudication": plain(await asyncio.to_thread(looked_up, found, context.request.manuscript))}


def looked_up(found: Adjudication, manuscript: Manuscript) -> Adjudication:
    """The adjudication without quotes the manuscript does not contain; supported only when both are there."""
    champion, critic = _shown(found.champion, manuscript), _shown(found.critic, manuscript)
    supported = bool(champion and champion.quote and critic and critic.quote)
    return msgspec.structs.replace(found, champion=champion, critic=critic, supported=supported)


def _shown(argument: Argument | None, manuscript: Manuscript) -> Argument | None:
    if argument is None or find_quote(manuscript, argument.quote):
        return argument
    return msgspec.structs.replace(argument, quote="")
