"""The reviewer graph: which step follows which. Every step is a function in `agents/nodes`.

screen -> ground -> evidence -> review x roles -> check -> compare x looks -> resolve -> vote x voters -> recommend
                            \\-> recommend (the screen is not clear)  \\-> vote (nothing to compare with)
"""

from collections.abc import Sequence

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import Send

from agents.context import ReviewContext
from agents.nodes.check import check
from agents.nodes.compare import LOOKS, compare, resolve
from agents.nodes.evidence import evidence
from agents.nodes.ground import ground
from agents.nodes.recommend import recommend
from agents.nodes.review import review
from agents.nodes.screen import screen
from agents.nodes.vote import vote
from agents.state import ReviewState, screening_of

Graph = CompiledStateGraph[ReviewState, ReviewContext, ReviewState, ReviewState]

FOR_REVIEWERS = ("fence", "checks", "related")
FOR_JURORS = ("fence", "reports", "comparison")  # voters and pairwise looks


def build_graph(checkpointer: BaseCheckpointSaver[str] | None) -> Graph:
    """Compile the graph; without a checkpointer a run cannot be resumed."""
    graph = StateGraph(ReviewState, context_schema=ReviewContext)
    graph.add_node("screen", screen)
    graph.add_node("ground", ground)
    graph.add_node("evidence", evidence)
    graph.add_node("review", review)
    graph.add_node("check", check)
    graph.add_node("compare", compare)
    graph.add_node("resolve", resolve)
    graph.add_node("vote", vote)
    graph.add_node("recommend", recommend)
    graph.add_edge(START, "screen")
    graph.add_edge("screen", "ground")
    graph.add_edge("ground", "evidence")
    graph.add_conditional_edges("evidence", to_reviewers, ["review", "recommend"])
    graph.add_edge("review", "check")
    graph.add_conditional_edges("check", to_looks, ["compare", "vote"])
    graph.add_edge("compare", "resolve")
    graph.add_conditional_edges("resolve", to_voters, ["vote"])
    graph.add_edge("vote", "recommend")
    graph.add_edge("recommend", END)
    return graph.compile(checkpointer=checkpointer, name="review")


def to_reviewers(state: ReviewState, runtime: Runtime[ReviewContext]) -> Sequence[Send | str]:
    """One branch per role, unless the screen keeps the manuscript from every judge."""
    if runtime.context.blocked(screening_of(state)):
        return ["recommend"]
    return [Send("review", {**_part(state, FOR_REVIEWERS), "role": role}) for role in runtime.context.roles]


def to_looks(state: ReviewState, runtime: Runtime[ReviewContext]) -> Sequence[Send]:
    """One branch per look at the pair; a first version goes straight to the voters."""
    if runtime.context.request.previous is None:
        return to_voters(state, runtime)
    part = _part(state, FOR_JURORS)
    return [Send("compare", {**part, "order": order, "letter": letter}) for order, letter in LOOKS]


def to_voters(state: ReviewState, runtime: Runtime[ReviewContext]) -> Sequence[Send]:
    """One branch per seat of the policy."""
    part = _part(state, FOR_JURORS)
    return [Send("vote", {**part, "voter": voter.name}) for voter in runtime.context.request.policy.voters]


def _part(state: ReviewState, keys: tuple[str, ...]) -> dict[str, object]:
    """What a branch is sent of the state: branches are checkpointed each, so no more than they read."""
    values: dict[str, object] = dict(state)
    return {key: values[key] for key in keys if key in values}
