"""MCP over HTTP: the SDK's endpoint behind a gate that knows our tokens, beside the platform's other addresses."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import msgspec
from litestar import Litestar, asgi
from litestar.datastructures import Headers
from litestar.enums import ScopeType
from litestar.types import Receive, Scope, Send
from mcp.server.transport_security import TransportSecuritySettings
from mcp.types import INVALID_REQUEST
from msgspec import Struct

from aixiv.deps import Deps
from aixiv.domain.errors import AixivError, NotSignedIn, Unavailable
from aixiv.domain.people import ANONYMOUS, Actor
from aixiv.settings import Settings
from aixiv.usecases.tokens import authenticate_token
from aixiv.web import app as web
from aixiv.web.auth import ACTOR, bearer_token
from aixiv.web.edge import MAX_JSON
from aixiv.web.errors import RETRY_SECONDS
from mcp_server.refusals import refusal_text
from mcp_server.server import TOOLS, Request, make_server

PATH = "/mcp"
WHO = "aixiv.mcp.actor"
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


class _Params(Struct, frozen=True):
    name: str = ""


class _Message(Struct, frozen=True):
    """The little of a JSON-RPC request that the gate looks at."""

    id: int | str | None = None
    method: str = ""
    params: _Params = _Params()


def with_mcp(deps: Deps) -> Litestar:
    """The platform's web application with `/mcp` in it; who built the dependencies closes them."""
    server = make_server(deps, _who_asks)
    inner: Any = server.streamable_http_app(
        streamable_http_path=PATH,
        stateless_http=True,
        max_request_body_size=MAX_JSON,
        transport_security=known_names(deps.settings),
    )

    @asgi(PATH, copy_scope=False)  # so that the access log learns who asked
    async def mcp(scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through to the SDK with the actor behind its token, or challenge it."""
        if scope["type"] != ScopeType.HTTP or scope["method"] != "POST":  # there is no stream to listen to
            await _send(send, 405, b"", ("allow", "POST"))
            return
        body = await _body(receive)
        asked = _read(body)
        try:
            actor = await _actor(deps, Headers.from_scope(scope))
            scope[ACTOR] = actor.label  # type: ignore[literal-required]  # for the access log
            _check(actor, asked)
        except NotSignedIn as refusal:
            await _answer(send, 401, asked, refusal, _challenge(Headers.from_scope(scope), asked))
        except Unavailable as outage:
            await _answer(send, 503, asked, outage, ("retry-after", str(RETRY_SECONDS)))
        else:
            await inner({**scope, WHO: actor}, _replay(body, receive), send)

    return web.create_app(deps, doors=[mcp], lifespan=[server.session_manager.run()])


def known_names(settings: Settings) -> TransportSecuritySettings:
    """Hosts we answer to, so that a page of another site cannot reach us through a name of its own; and our origin."""
    address = urlsplit(settings.address)
    hosts = [address.netloc, *(f"{name}{port}" for name in LOOPBACK for port in ("", ":*"))]
    return TransportSecuritySettings(allowed_hosts=hosts, allowed_origins=[f"{address.scheme}://{address.netloc}"])


async def _who_asks(request: Request) -> Actor:
    assert request.request is not None  # every transport of this module has one
    found: Actor = request.request.scope[WHO]
    return found


async def _actor(deps: Deps, headers: Headers) -> Actor:
    """Who the token is; nobody without one. A session cookie counts for nothing here."""
    authorization = headers.get("authorization")
    if authorization is None:
        return ANONYMOUS
    return await authenticate_token(deps, bearer_token(authorization))


def _check(actor: Actor, asked: _Message) -> None:
    """Challenge who calls a tool for people with a token and has none. The server checks this and more again."""
    tool = TOOLS.get(asked.params.name) if asked.method == "tools/call" else None
    if tool is not None and tool.signed_in and not actor.signed_in:
        raise NotSignedIn(f"{tool.name} needs a token.")


def _challenge(headers: Headers, asked: _Message) -> tuple[str, str]:
    tool = TOOLS.get(asked.params.name)
    spoilt = ', error="invalid_token"' if "authorization" in headers else ""
    scope = f', scope="{tool.scope.value}"' if tool is not None and tool.scope is not None else ""
    return "www-authenticate", f'Bearer realm="aiXiv"{spoilt}{scope}'


async def _body(receive: Receive) -> bytes:
    """The whole body; the layer outside limits it, and refuses one that is longer."""
    parts: list[bytes] = []
    while True:
        message: Any = await receive()
        if message["type"] != "http.request":
            return b""  # gone already: nobody waits for an answer
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def _replay(body: bytes, receive: Receive) -> Receive:
    waiting: list[Any] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Any:
        return waiting.pop() if waiting else await receive()

    return again


def _read(body: bytes) -> _Message:
    """What is asked, or nothing in particular: what is malformed is for the SDK to refuse."""
    try:
        return msgspec.json.decode(body, type=_Message)
    except (msgspec.DecodeError, RecursionError):
        return _Message()


async def _answer(send: Send, status: int, asked: _Message, refusal: AixivError, *more: Sequence[str]) -> None:
    """A JSON-RPC error, so that clients show its words."""
    error = {"code": INVALID_REQUEST, "message": refusal_text(refusal), "data": {"code": refusal.code}}
    content = msgspec.json.encode({"jsonrpc": "2.0", "id": asked.id, "error": error})
    await _send(send, status, content, ("content-type", "application/json"), *more)


async def _send(send: Send, status: int, content: bytes, *said: Sequence[str]) -> None:
    headers = [(name.encode(), value.encode()) for name, value in (*said, ("content-length", str(len(content))))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content, "more_body": False})
