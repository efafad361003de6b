"""What stands before the SDK's endpoint: who asks, and the challenge for a token that is missing, wrong or too narrow.

Reading needs no token. The body is read once and handed on, because clients of the older revisions say only there which
tool they call.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from litestar.datastructures import Headers
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send
from mcp.types import INVALID_REQUEST
from msgspec import Struct

from aixiv.deps import Deps
from aixiv.domain.errors import AixivError, NotAllowed, NotSignedIn, Unavailable
from aixiv.domain.people import ANONYMOUS, Actor
from aixiv.usecases.tokens import authenticate_token
from aixiv.web.auth import ACTOR, bearer_token
from aixiv.web.errors import RETRY_SECONDS
from mcp_server.calling import check_allowed, tool_named
from mcp_server.metadata import metadata_url, resource_of
from mcp_server.refusals import refusal_text
from mcp_server.tool import Tool

WHO = "aixiv.mcp.actor"
"""Where the actor stands in the scope of a request that was let through."""


class _Params(Struct, frozen=True):
    name: str = ""


class _Message(Struct, frozen=True):
    """The little of a JSON-RPC request that the gate looks at."""

    id: int | str | None = None
    method: str = ""
    params: _Params = _Params()

    @property
    def tool(self) -> Tool | None:
        return tool_named(self.params.name) if self.method == "tools/call" else None


class Gate:
    """ASGI layer around the SDK's application."""

    def __init__(self, deps: Deps, inner: ASGIApp) -> None:
        self._deps = deps
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through with the actor behind its token, or challenge it."""
        if scope["type"] != ScopeType.HTTP or scope["method"] != "POST":  # there is no stream to listen to
            await _send(send, 405, b"", ("allow", "POST"))
            return
        body = await _body(receive)
        asked, headers = _read(body), Headers.from_scope(scope)
        try:
            actor = await self._admitted(scope, headers, asked)
        except NotAllowed as refusal:
            status = 401 if isinstance(refusal, NotSignedIn) else 403
            await _answer(send, status, asked, refusal, self._challenge(headers, asked, status))
        except Unavailable as outage:
            await _answer(send, 503, asked, outage, ("retry-after", str(RETRY_SECONDS)))
        else:
            let_in: Any = {**scope, WHO: actor}
            await self._inner(let_in, _replay(body, receive), send)

    async def _admitted(self, scope: HTTPScope, headers: Headers, asked: _Message) -> Actor:
        """Who the token is; nobody without one. A session cookie counts for nothing here.

        A token is valid for the platform that issued it and for no other: its hash is kept there, under its key. One
        that a client got by consent is valid at one address only, which has to be this one.
        """
        authorization = headers.get("authorization")
        actor = ANONYMOUS
        if authorization is not None:
            audience = resource_of(self._deps.settings)
            actor = await authenticate_token(self._deps, bearer_token(authorization), audience)
        scope[ACTOR] = actor.label  # type: ignore[literal-required]  # for the access log
        if asked.tool is not None:
            check_allowed(actor, asked.tool)
        return actor

    def _challenge(self, headers: Headers, asked: _Message, status: int) -> tuple[str, str]:
        said = ['realm="aiXiv"', f'resource_metadata="{metadata_url(self._deps.settings)}"']
        if status == 403:
            said.append('error="insufficient_scope"')
        elif "authorization" in headers:
            said.append('error="invalid_token"')
        if asked.tool is not None and asked.tool.scope is not None:
            said.append(f'scope="{asked.tool.scope.value}"')
        return "www-authenticate", f"Bearer {', '.join(said)}"


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
