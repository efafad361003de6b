"""The scientist's graph: which step follows which. `step` in the state is always the next one.

prepare -> check -> submit -> wait -> read -> revise -> submit ...
                                          -> publish -> end

A run that was killed enters at the step that the journal holds; the journal is written after every step.
"""

from typing import Any, Protocol, cast

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime

from agents.scientist import steps
from agents.scientist.state import ScientistContext, ScientistState

Graph = CompiledStateGraph[ScientistState, ScientistContext, ScientistState, ScientistState]


class Node(Protocol):
    """One step."""

    async def __call__(self, state: ScientistState, runtime: Runtime[ScientistContext]) -> ScientistState:
        """What changes in the state."""
        ...


STEPS: dict[str, Node] = {
    "prepare": steps.prepare,
    "check": steps.check,
    "submit": steps.submit,
    "wait": steps.wait,
    "read": steps.read,
    "revise": steps.revise,
    "publish": steps.publish,
}
MOST_STEPS = 200


def build_graph() -> Graph:
    """Compile the graph."""
    graph = StateGraph(ScientistState, context_schema=ScientistContext)
    targets = {name: name for name in STEPS} | {"end": END}
    for name, step in STEPS.items():
        graph.add_node(name, _kept(step))
        graph.add_conditional_edges(name, _next, cast(Any, targets))
    graph.add_conditional_edges(START, _next, cast(Any, targets))
    return graph.compile(name="scientist")


async def run(context: ScientistContext) -> dict[str, Any]:
    """Take the work of this context to its end, from where the journal stands; what came of it.

    A run that ended while its work was held, accepted or to be revised looks again.
    """
    state = cast(ScientistState, context.journal.state() or {"step": "prepare"})
    if state["step"] == "end" and state["outcome"]["state"] not in steps.OVER:
        state = steps.taken_up(context, state)
    done = await build_graph().ainvoke(state, context=context, config={"recursion_limit": MOST_STEPS})
    outcome: dict[str, Any] = done["outcome"]
    return outcome


def _next(state: ScientistState) -> str:
    return state["step"]


def _kept(step: Node) -> Node:
    """The step, with the state on disk before the next one begins."""

    async def node(state: ScientistState, runtime: Runtime[ScientistContext]) -> ScientistState:
        changed = await step(state, runtime)
        runtime.context.journal.keep({**state, **changed})
        return changed

    return node
