"""The new version beside its predecessor: four looks, then what became of every earlier finding."""

import asyncio

from langgraph.runtime import Runtime

from agents.context import ReviewContext
from agents.judges import JudgeUnreadable, Order
from agents.state import ReviewState, checks_of, opinions_of, plain, reports_of, roles_of
from review.comparison import compare_versions
from review.report import PairwiseOpinion

LOOKS: tuple[tuple[Order, bool], ...] = (
    ("old_first", False),
    ("old_first", True),
    ("new_first", False),
    ("new_first", True),
)


class CompareBranch(ReviewState, total=False):
    """What one look needs of the state, and how it is presented."""

    order: Order
    letter: bool


async def compare(state: CompareBranch, runtime: Runtime[ReviewContext]) -> ReviewState:
    """One look at the pair. An unreadable answer prefers neither."""
    context, order, letter = runtime.context, state["order"], state["letter"]
    try:
        opinion = await context.judge.compare(context.material(state), order=order, letter=letter)
    except JudgeUnreadable as failure:
        opinion = PairwiseOpinion(
            order=order,
            letter=letter,
            preferred="tie",
            reason=f"No readable answer: {failure}",
            usage=failure.usage,
        )
    return {"opinions": {look_key(order, letter=letter): plain(opinion)}}


async def resolve(state: ReviewState, runtime: Runtime[ReviewContext]) -> ReviewState:
    """Resolve every earlier finding against the new text and put the comparison together."""
    context = runtime.context
    request = context.request
    if request.previous is None:
        return {}
    comparison = await asyncio.to_thread(
        compare_versions,
        earlier=request.previous.findings,
        new=request.manuscript,
        findings=tuple(f for r in reports_of(state, roles_of(state, request.policy)) for f in r.weaknesses),
        checks=checks_of(state),
        letter=request.response,
        opinions=opinions_of(state),
        old=request.previous.manuscript,
    )
    return {"comparison": plain(comparison)}


def look_key(order: Order, *, letter: bool) -> str:
    """Name of one look, as state and progress know it."""
    return f"{order}/{'letter' if letter else 'plain'}"
