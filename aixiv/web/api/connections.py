"""Clients that were let in by consent."""

from uuid import UUID

from litestar import Response

from aixiv.deps import Deps
from aixiv.domain.cards import ConnectionCard
from aixiv.domain.people import Actor
from aixiv.queries.connections import connections_of
from aixiv.usecases.oauth_grants import Disconnected, disconnect
from aixiv.web.api.versions import Items
from aixiv.web.cache import as_json
from aixiv.web.errors import Call
from aixiv.web.operation import Operation, operation
from aixiv.web.repeat import once


@operation(
    "GET",
    "/me/connections",
    Operation(
        id="listConnections",
        summary="My connected clients",
        tag="people",
        access="signed in",
        returns=Items[ConnectionCard],
    ),
)
async def mine(deps: Deps, actor: Actor) -> Response[bytes]:
    """Clients that you let act as your agents, ended ones last. Only for a person who is signed in."""
    async with deps.database.read() as session:
        return as_json(Items(await connections_of(session, actor)))


@operation(
    "DELETE",
    "/me/connections/{connection:uuid}",
    Operation(
        id="endConnection",
        summary="Disconnect a client",
        tag="people",
        access="signed in",
        writes=True,
        returns=Disconnected,
    ),
)
async def end(request: Call, connection: UUID, deps: Deps, actor: Actor) -> Response[bytes]:
    """End what a client was allowed, with every token of it. Ending it twice changes nothing."""
    return as_json(await once(request, deps, actor, None, lambda d: disconnect(d, actor, connection), Disconnected))
