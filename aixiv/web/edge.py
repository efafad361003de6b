"""The outermost layer: every request gets an id, a limit on its body, and safe headers on whatever is answered.

It stands around the whole framework, so that unknown routes and early refusals are covered too.
"""

import re
import time
from collections.abc import Callable
from typing import Any

import structlog
from litestar import Litestar, Request, Response
from litestar.datastructures import Headers
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from aixiv.domain.errors import AixivError, TooLarge
from aixiv.domain.ids import new_id
from aixiv.settings import Settings
from aixiv.web.auth import ACTOR
from aixiv.web.errors import REQUEST_ID, Call
from aixiv.web.metrics import Metrics
from aixiv.web.security import check_same_site, security_headers

log = structlog.get_logger()

MAX_JSON = 2**20
FORM_SLACK = 2 * 2**20
"""What a form may hold beside its file: metadata, response letter, part headers."""

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
        answer = _Answer(send, [*self._headers, (b"x-request-id", request_id.encode())])
        started = time.perf_counter()
        try:
            await self._serve(scope, headers, receive, answer)
        finally:
            self._note(scope, request_id, answer.status, time.perf_counter() - started)

    async def _serve(self, scope: HTTPScope, headers: Headers, receive: Receive, answer: "_Answer") -> None:
        limit = self._body_limit(headers)
        try:
            check_same_site(scope["method"], headers, self._settings)
            _check_length(headers, limit)
        except AixivError as refusal:
            await self._answer_refusal(scope, receive, answer, refusal)
            return
        await self._inner(scope, _Body(receive, limit), answer)

    async def _answer_refusal(self, scope: HTTPScope, receive: Receive, answer: "_Answer", refusal: AixivError) -> None:
        request: Call = Request(scope, receive, answer)
        response = self._refuse(request, refusal)
        response.headers["Connection"] = "close"
        await response.to_asgi_response(app=None, request=request)(scope, receive, answer)

    def _body_limit(self, headers: Headers) -> int:
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


class _Answer:
    """Sends on, adding the headers that a route did not set itself, and remembers the status."""

    def __init__(self, send: Send, headers: list[tuple[bytes, bytes]]) -> None:
        self._send = send
        self._headers = headers
        self.status = 0  # of an answer that never began

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = int(message["status"])
            own = list(message.get("headers", []))
            names = {name.lower() for name, _ in own}
            message["headers"] = [*own, *(pair for pair in self._headers if pair[0] not in names)]
        await self._send(message)


class _Body:
    """Receives on until a body without a length has grown over its limit."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._limit = limit
        self._size = 0

    async def __call__(self) -> Any:
        message = await self._receive()
        if message["type"] == "http.request":
            self._size += len(message.get("body", b""))
            if self._size > self._limit:
                raise _too_large(self._limit)
        return message


def _check_length(headers: Headers, limit: int) -> None:
    length = headers.get("content-length", "0")
    if not length.isascii() or not length.isdigit() or int(length) > limit:
        raise _too_large(limit)


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"The request has over {limit:,} bytes.", hint="Send a smaller file or less text.")
