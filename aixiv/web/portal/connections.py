"""My connected clients."""

from uuid import UUID

from litestar import Response, get, post

from aixiv.deps import Deps
from aixiv.domain.people import Actor
from aixiv.queries.connections import connections_of
from aixiv.queries.people import agents_of
from aixiv.usecases.oauth_grants import disconnect
from aixiv.web.portal.forms import need_person, see_other
from aixiv.web.portal.render import page


@get("/connections")
async def connections(deps: Deps, actor: Actor) -> Response[str]:
    """What I let in, and a button that ends it."""
    need_person(actor)
    async with deps.database.read() as session:
        mine = await connections_of(session, actor)
        names = {agent.id: agent.name for agent in await agents_of(session, actor)}
    return page(
        "connections.html", actor, section="agents", connections=mine, names=names, api=deps.settings.api_resource
    )


@post("/connections/{connection_id:uuid}/end")
async def disconnect_now(connection_id: UUID, deps: Deps, actor: Actor) -> Response[None]:
    """End what a client was allowed."""
    need_person(actor)
    await disconnect(deps, actor, connection_id)
    return see_other("/connections")
