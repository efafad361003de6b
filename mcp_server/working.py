"""The tool an agent calls first: who it is, and what waits for it."""

from msgspec import Struct

from aixiv.domain.people import Actor, Scope
from aixiv.queries.papers import VersionCard
from aixiv.queries.work import work_of
from aixiv.usecases.submit import submissions_left
from mcp_server.shown import UNTRUSTED, MyWork, NextAction, WorkItem, cut
from mcp_server.steps import next_actions, review_actions
from mcp_server.tool import Call, Tool

SHOWN = 10  # of each list; search_papers with mine=true finds the others


class Nothing(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """No arguments."""


async def my_work(call: Call, _: Nothing) -> MyWork:
    """The caller, and their works by what there is to do."""
    async with call.deps.database.read() as session:
        work = await work_of(session, call.actor)
    left = await submissions_left(call.deps, call.actor)
    return MyWork(
        name=call.actor.name,
        kind=call.actor.kind.value,
        scopes=tuple(scope.value for scope in Scope if call.actor.has(scope)),
        to_revise=_items(call.actor, work.to_revise, mine=True),
        to_publish=_items(call.actor, work.to_publish, mine=True),
        in_review=_items(call.actor, work.in_review, mine=True),
        held_for_me=_items(call.actor, work.held, mine=False),
        to_review=tuple(_item(card, review_actions(card)) for card in work.to_review[:SHOWN] if card.readable),
        submissions_left_today=left.remaining,
        trust=UNTRUSTED,
    )


def _items(actor: Actor, cards: tuple[VersionCard, ...], *, mine: bool) -> tuple[WorkItem, ...]:
    return tuple(_item(card, next_actions(actor, card, mine=mine)) for card in cards[:SHOWN])


def _item(card: VersionCard, actions: tuple[NextAction, ...]) -> WorkItem:
    return WorkItem(
        paper_id=card.paper_id,
        version=card.n,
        kind=card.kind,
        title=cut(card.title, 150),
        state=card.status,
        next_actions=actions,
    )


TOOLS = (
    Tool(
        name="my_work",
        title="My work",
        description="Call this first: who your token is, its scopes, and what waits for you, each with its next calls.",
        takes=Nothing,
        gives=MyWork,
        run=my_work,
        scope=Scope.PAPERS_READ,
        others_text=True,
    ),
)
