"""My work: what waits for me first, then everything of mine with where it stands."""

from typing import Any

from litestar import Response, get
from msgspec import Struct

from aixiv.deps import Deps
from aixiv.domain.paper import IN_REVIEW, WAITS_FOR_AUTHOR, Status
from aixiv.domain.people import Action, Actor
from aixiv.queries.judges import drifts
from aixiv.queries.listings import Filter, list_papers
from aixiv.queries.papers import VersionCard
from aixiv.queries.reviews import RunCard, runs_of
from aixiv.web.portal.allow import allowed
from aixiv.web.portal.forms import need_person
from aixiv.web.portal.render import page

MOST = 50
NEXT_STEP = {
    Status.REVISION_REQUESTED: ("revise", "Read the reviews and send a revision"),
    Status.ACCEPTED: ("publish", "Publish it"),
    Status.HELD: ("decision", "Decide"),
    Status.UNDER_REVIEW: ("review", "Write a review"),
}


class Waiting(Struct, frozen=True, kw_only=True):
    """One thing somebody waits for me to do."""

    card: VersionCard
    path: str
    label: str


@get("/work")
async def work(deps: Deps, actor: Actor) -> Response[str]:
    """What I have to do, and what I have sent in."""
    need_person(actor)
    async with deps.database.read() as session:
        key = deps.settings.secret_key.get_secret_value().encode()
        mine = (await list_papers(session, actor, Filter(mine=True, limit=MOST), key=key)).items
        to_decide = await _others(session, actor, Status.HELD, mine, key) if actor.is_editor else []
        reviews = allowed(actor, Action.REVIEW)
        to_review = await _others(session, actor, Status.UNDER_REVIEW, mine, key) if reviews else []
        judges = await drifts(session) if actor.is_editor else None
        progress = {card.id: await _running(session, actor, card) for card in mine if card.status in IN_REVIEW}
    waiting = [_waiting(card) for card in mine if card.status in WAITS_FOR_AUTHOR]
    return page(
        "work.html", actor, section="work", waiting=waiting, mine=mine, progress=progress,
        to_decide=[_waiting(card) for card in to_decide],
        to_review=[_waiting(card) for card in to_review if card.readable],
        moving=bool(progress), judges=judges,
    )  # fmt: skip


async def _others(
    session: Any, actor: Actor, status: Status, mine: tuple[VersionCard, ...], key: bytes
) -> list[VersionCard]:  # fmt: skip
    """Works of other people that stand here."""
    own = {card.paper_id for card in mine}
    found = await list_papers(session, actor, Filter(status=status, sort="oldest", limit=MOST), key=key)
    return [card for card in found.items if card.paper_id not in own]


async def _running(session: Any, actor: Actor, card: VersionCard) -> RunCard | None:
    runs = await runs_of(session, actor, card)
    return next((run for run in runs if run.status == "running"), None)


def _waiting(card: VersionCard) -> Waiting:
    step, label = NEXT_STEP[card.status]
    return Waiting(card=card, path=f"/papers/{card.paper_id}/{step}?v={card.n}", label=label)
