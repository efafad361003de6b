"""MCP over HTTP: the SDK's endpoint behind our gate, beside the platform's other addresses."""

from functools import partial
from typing import Any
from urllib.parse import urlsplit

from litestar import Litestar, asgi
from litestar.types import Receive, Scope, Send
from mcp.server.lowlevel import Server
from mcp.server.transport_security import TransportSecuritySettings

from aixiv.deps import Deps
from aixiv.domain.people import Actor
from aixiv.settings import Settings
from aixiv.web import app as web
from aixiv.web.edge import MAX_JSON
from mcp_server import pages
from mcp_server.gate import WHO, Gate, owner_of
from mcp_server.metadata import PATH, resource_metadata
from mcp_server.server import Request, make_server

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


def with_mcp(deps: Deps) -> Litestar:
    """The platform's web application with `/mcp` in it; who built the dependencies closes them."""
    return hosting(deps, make_server(deps, who_asks, principal, partial(who_still, deps)))


def hosting(deps: Deps, server: Server[Any], *, stateless: bool = True) -> Litestar:
    """The web application with this server behind the gate. Only a stateless one can have many processes."""
    inner: Any = server.streamable_http_app(
        streamable_http_path=PATH,
        stateless_http=stateless,
        max_request_body_size=MAX_JSON,
        transport_security=known_names(deps.settings),
    )
    gate = Gate(deps, inner)

    @asgi(PATH, copy_scope=False)  # so that the access log learns who asked
    async def mcp(scope: Scope, receive: Receive, send: Send) -> None:
        """The endpoint."""
        await gate(scope, receive, send)

    doors = [mcp, resource_metadata, pages.llms, pages.skill, pages.connect]
    return web.create_app(deps, doors=doors, lifespan=[server.session_manager.run()])


def known_names(settings: Settings) -> TransportSecuritySettings:
    """Hosts we answer to, so that a page of another site cannot reach us through a name of its own; and our origin."""
    address = urlsplit(settings.address)
    hosts = [address.netloc, *(f"{name}{port}" for name in LOOPBACK for port in ("", ":*"))]
    return TransportSecuritySettings(allowed_hosts=hosts, allowed_origins=[f"{address.scheme}://{address.netloc}"])


async def who_asks(request: Request) -> Actor:
    """The actor whom the gate let through."""
    assert request.request is not None  # every transport of this module has one
    found: Actor = request.request.scope[WHO]
    return found


async def who_still(deps: Deps, request: Request) -> Actor:
    """The actor behind the token of a request now. Raises `NotSignedIn` when it is no longer valid."""
    assert request.request is not None
    return await owner_of(deps, request.request.headers.get("authorization"))


def principal(request: Request) -> str | None:
    """Whom a sealed question belongs to."""
    return request.request.scope[WHO].label if request.request is not None else None
