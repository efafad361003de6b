"""The reviewer graph: which step follows which. Every step is a function in `agents/nodes`.

screen -> ground -> evidence -> chair -> review x roles -> check
       -> meta -> compare x looks -> resolve -> vote x voters -> adjudicate -> recommend

Past a screen that is not clear, `evidence` goes to `recommend`; with nothing to compare, `meta` goes to `vote`.
"""

from collections.abc import Sequence

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import Send

from agents.context import ReviewContext
from agents.nodes.adjudicate import adjudicate
from agents.nodes.chair import chair
from agents.nodes.check import check
from agents.nodes.compare import LOOKS, compare, resolve
from agents.nodes.evidence import evidence
from agents.nodes.ground import ground
from agents.nodes.meta import meta
from agents.nodes.recommend import recommend
from agents.nodes.review import review
from agents.nodes.screen import screen
from agents.nodes.vote import vote
from agents.state import ReviewState, roles_of, screening_of

Graph = CompiledStateGraph[ReviewState, ReviewContext, ReviewState, ReviewState]

FOR_REVIEWERS = ("fence", "checks", "related", "panel")
FOR_JURORS = ("fence", "reports", "comparison", "panel")  # voters and pairwise looks


def build_graph(checkpointer: BaseCheckpointSaver[str] | None) -> Graph:
    """Compile the graph; without a checkpointer a run cannot be resumed."""
    graph = StateGraph(ReviewState, context_schema=ReviewContext)
    graph.add_node("screen", screen)
    graph.add_node("ground", ground)
    graph.add_node("evidence", evidence)
    graph.add_node("chair", chair)
    graph.add_node("review", review)
    graph.add_node("check", check)
    graph.add_node("meta", meta)
    graph.add_node("compare", compare)
    graph.add_node("resolve", resolve)
    graph.add_node("vote", vote)
    graph.add_node("adjudicate", adjudicate)
    graph.add_node("recommend", recommend)
    graph.add_edge(START, "screen")
    graph.add_edge("screen", "ground")
    graph.add_edge("ground", "evidence")
    graph.add_conditional_edges("evidence", to_chair, ["chair", "recommend"])
    graph.add_conditional_edges("chair", to_reviewers, ["review"])
    graph.add_edge("review", "check")
    graph.add_edge("check", "meta")
    graph.add_conditional_edges("meta", to_looks, ["compare", "vote"])
    graph.add_edge("compare", "resolve")
    graph.add_conditional_edges("resolve", to_voters, ["vote"])
    graph.add_edge("vote", "adjudicate")
    graph.add_edge("adjudicate", "recommend")
    graph.add_edge("recommend", END)
    return graph.compile(checkpointer=checkpointer, name="review")


def to_chair(state: ReviewState, runtime: Runtime[ReviewContext]) -> str:
    """On to the panel, unless the screen keeps the manuscript from every judge."""
    return "recommend" if runtime.context.blocked(screening_of(state)) else "chair"


def to_reviewers(state: ReviewState, runtime: Runtime[ReviewContext]) -> Sequence[Send]:
    """One branch per role of the panel."""
    part = _part(state, FOR_REVIEWERS)
    return [Send("review", {**part, "role": role}) for role in roles_of(state, runtime.context.request.policy)]


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
