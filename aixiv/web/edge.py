"""The outermost layer: every request gets an id, a limit on its body, and safe headers on whatever is answered.

It stands around the whole framework, so that unknown routes and early refusals are covered too.
"""

import re
import time
from collections.abc import Callable
from typing import Any

import anyio
import structlog
from litestar import Litestar, Request, Response
from litestar.datastructures import Headers
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from aixiv.domain.errors import AixivError, Invalid, TooLarge
from aixiv.domain.ids import new_id
from aixiv.settings import Settings
from aixiv.web.auth import ACTOR
from aixiv.web.errors import REQUEST_ID, Call
from aixiv.web.metrics import Metrics
from aixiv.web.security import check_same_site, security_headers

log = structlog.get_logger()

MAX_JSON = 2**20
UPLOADS = "/api/v1/uploads/"
FORM_SLACK = 2 * 2**20
"""What a form may hold beside its file: metadata, response letter, part headers."""

BODY_SECONDS = 300.0  # a whole body has to arrive in this time
LINGER_BYTES, LINGER_SECONDS = 32 * 2**20, 2.0
"""How much of a refused body is read and thrown away before the connection is closed."""
FIRST_REFUSAL = 400

_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
Refuse = Callable[[Call, Exception], Response[Any]]


class Edge:
    """ASGI layer around a Litestar application; `refuse` turns an exception into an answer."""

    def __init__(self, app: Litestar, settings: Settings, metrics: Metrics, refuse: Refuse) -> None:
        self._app = app
        self._inner: ASGIApp = app.asgi_handler
        self._settings = settings
        self._metrics = metrics
        self._refuse = refuse
        self._headers = [(k.lower().encode(), v.encode()) for k, v in security_headers(settings).items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self._inner(scope, receive, send)
            return
        headers = Headers.from_scope(scope)
        asked = headers.get("x-request-id", "")
        request_id = asked if _REQUEST_ID.fullmatch(asked) else str(new_id())
        scope[REQUEST_ID] = request_id  # type: ignore[literal-required]
        body = _Body(receive, self._body_limit(scope, headers), awaited=_has_body(headers))
        answer = _Answer(send, body, [*self._headers, (b"x-request-id", request_id.encode())])
        started = time.perf_counter()
        try:
            await self._serve(scope, headers, body, answer)
        finally:
            self._note(scope, request_id, answer.status, time.perf_counter() - started)

    async def _serve(self, scope: HTTPScope, headers: Headers, body: "_Body", answer: "_Answer") -> None:
        try:
            check_same_site(scope["method"], headers, self._settings)
            body.check_length(headers)
        except AixivError as refusal:
            request: Call = Request(scope, body, answer)
            response = self._refuse(request, refusal)
            await response.to_asgi_response(app=None, request=request)(scope, body, answer)
            return
        await self._inner(scope, body, answer)

    def _body_limit(self, scope: HTTPScope, headers: Headers) -> int:
        if scope["method"] == "PUT" and scope["path"].startswith(UPLOADS):
            return self._settings.max_upload_bytes
        form = headers.get("content-type", "").lower().startswith("multipart/")
        return self._settings.max_upload_bytes + FORM_SLACK if form else MAX_JSON

    def _note(self, scope: HTTPScope, request_id: str, status: int, seconds: float) -> None:
        route = scope.get("path_template") or "unmatched"
        self._metrics.answered(scope["method"], route, status, seconds)
        log.info(
            "web.request",
            method=scope["method"],
            route=route,
            status=status,
            milliseconds=round(seconds * 1000, 1),
            request_id=request_id,
            actor=scope.get(ACTOR, ""),
        )


class _Body:
    """Receives on until a body without a length has grown over its limit. `awaited`: more of it is still to come."""

    def __init__(self, receive: Receive, limit: int, *, awaited: bool) -> None:
        self._receive = receive
        self._limit = limit
        self._size = 0
        self._until = anyio.current_time() + BODY_SECONDS
        self.awaited = awaited

    async def __call__(self) -> Any:
        message: Any = await (self._in_time() if self.awaited else self._receive())
        self.awaited = message["type"] == "http.request" and bool(message.get("more_body"))
        if message["type"] == "http.request":
            self._size += len(message.get("body", b""))
            if self._size > self._limit:
                raise self._too_large()
        return message

    async def _in_time(self) -> Any:
        """The next piece; a body that dribbles in for too long is refused, and holds nothing any longer."""
        with anyio.move_on_after(self._until - anyio.current_time()):
            return await self._receive()
        raise Invalid(
            f"The request did not arrive within {BODY_SECONDS:g} seconds.",
            code="body_too_slow",
            hint="Send it again over a faster connection, or send a smaller file.",
        )

    def check_length(self, headers: Headers) -> None:
        """Raise `TooLarge` when the length that was announced is over the limit."""
        length = headers.get("content-length", "0")
        if not length.isascii() or not length.isdigit() or int(length) > self._limit:
            raise self._too_large()

    async def drain(self) -> None:
        """Throw away what still comes, for a while."""
        left = LINGER_BYTES
        with anyio.move_on_after(LINGER_SECONDS):
            while self.awaited and left > 0:
                message: Any = await self._receive()
                self.awaited = message["type"] == "http.request" and bool(message.get("more_body"))
                left -= len(message.get("body", b""))

    def _too_large(self) -> TooLarge:
        return TooLarge(f"The request has over {self._limit:,} bytes.", hint="Send a smaller file or less text.")


class _Answer:
    """Sends on, adding the headers that a route did not set itself, and remembers the status.

    A refusal that comes while the client is still sending is held open at its end until the client had time to read
    it: closing at once would reset the connection, and the client would learn nothing.
    """

    def __init__(self, send: Send, body: _Body, headers: list[tuple[bytes, bytes]]) -> None:
        self._send = send
        self._body = body
        self._headers = headers
        self._cut_short = False
        self.status = 0  # of an answer that never began

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = int(message["status"])
            self._cut_short = self.status >= FIRST_REFUSAL and self._body.awaited
            own = list(message.get("headers", []))
            names = {name.lower() for name, _ in own}
            added = [pair for pair in self._headers if pair[0] not in names]
            message["headers"] = [*own, *added, *([(b"connection", b"close")] if self._cut_short else [])]
        elif message["type"] == "http.response.body" and self._cut_short and not message.get("more_body"):
            await self._send({**message, "more_body": True})
            await self._body.drain()
            message = {**message, "body": b""}
        await self._send(message)


def _has_body(headers: Headers) -> bool:
    return "transfer-encoding" in headers or headers.get("content-length", "0") != "0"
