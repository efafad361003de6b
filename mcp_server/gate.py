"""What stands before the SDK's endpoint: who asks, and the challenge for a token that is missing, wrong or too narrow.

Reading needs no token. The body is read and checked once and handed on (`mcp_server.envelope`): what is no message is
refused here and not by the SDK.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from litestar.datastructures import Headers
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send
from mcp.types import INVALID_REQUEST

from aixiv.deps import Deps
from aixiv.domain.errors import AixivError, NotAllowed, NotSignedIn, Unavailable
from aixiv.domain.people import ANONYMOUS, Actor
from aixiv.usecases.tokens import authenticate_token
from aixiv.web.auth import ACTOR, bearer_token
from aixiv.web.errors import RETRY_SECONDS
from mcp_server.calling import check_allowed, tool_named
from mcp_server.envelope import JSON_TYPE, WRONG_TYPE, Malformed, Message, announced_as_json, read_message
from mcp_server.metadata import metadata_url, resource_of
from mcp_server.refusals import refusal_text
from mcp_server.tool import Tool

WHO = "aixiv.mcp.actor"
"""Where the actor stands in the scope of a request that was let through."""


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
        body, headers = await _body(receive), Headers.from_scope(scope)
        if not announced_as_json(headers.get("content-type", "")):
            await _error(send, 415, None, {"code": INVALID_REQUEST, "message": WRONG_TYPE})
            return
        try:
            asked = read_message(body)
        except Malformed as wrong:
            await _error(send, 400, wrong.id, {"code": wrong.code, "message": wrong.words})
            return
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

    async def _admitted(self, scope: HTTPScope, headers: Headers, asked: Message) -> Actor:
        """Who asks; raises `NotAllowed` when they may not call the tool that they name."""
        actor = await owner_of(self._deps, headers.get("authorization"))
        scope[ACTOR] = actor.label  # type: ignore[literal-required]  # for the access log
        if tool := _tool(asked):
            check_allowed(actor, tool)
        return actor

    def _challenge(self, headers: Headers, asked: Message, status: int) -> tuple[str, str]:
        said = ['realm="aiXiv"', f'resource_metadata="{metadata_url(self._deps.settings)}"']
        if status == 403:
            said.append('error="insufficient_scope"')
        elif "authorization" in headers:
            said.append('error="invalid_token"')
        if (tool := _tool(asked)) and tool.scope is not None:
            said.append(f'scope="{tool.scope.value}"')
        return "www-authenticate", f"Bearer {', '.join(said)}"


async def owner_of(deps: Deps, authorization: str | None) -> Actor:
    """Who the token is; nobody without one. A session cookie counts for nothing here.

    A token is valid for the platform that issued it and for no other: its hash is kept there, under its key. One that a
    client got by consent is valid at one address only, which has to be this one.
    """
    if authorization is None:
        return ANONYMOUS
    return await authenticate_token(deps, bearer_token(authorization), resource_of(deps.settings))


def _tool(asked: Message) -> Tool | None:
    return tool_named(asked.name) if asked.method == "tools/call" else None


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


async def _answer(send: Send, status: int, asked: Message, refusal: AixivError, *more: Sequence[str]) -> None:
    """A refusal as a JSON-RPC error, so that clients show its words."""
    error = {"code": INVALID_REQUEST, "message": refusal_text(refusal), "data": {"code": refusal.code}}
    await _error(send, status, asked.id, error, *more)


async def _error(send: Send, status: int, id_: int | str | None, error: Any, *more: Sequence[str]) -> None:
    content = msgspec.json.encode({"jsonrpc": "2.0", "id": id_, "error": error})
    await _send(send, status, content, ("content-type", JSON_TYPE), *more)


async def _send(send: Send, status: int, content: bytes, *said: Sequence[str]) -> None:
    headers = [(name.encode(), value.encode()) for name, value in (*said, ("content-length", str(len(content))))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content, "more_body": False})
