"""Refusals and faults as answers: the only table from `AixivError` to an HTTP status.

Programs get problem+json (RFC 9457) with a stable `code` and a `hint`; browsers get a page. A fault that is not ours to
explain is logged whole and shown as a number to quote.
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException
from msgspec import Struct

from aixiv.domain import errors
from aixiv.storage import StorageError

log = structlog.get_logger()

Call = Request[Any, Any, Any]
PROBLEM = "application/problem+json"
REQUEST_ID = "aixiv.request_id"

STATUSES: dict[type[errors.AixivError], HTTPStatus] = {
    errors.AixivError: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.Gone: HTTPStatus.GONE,
    errors.NotAllowed: HTTPStatus.FORBIDDEN,
    errors.NotSignedIn: HTTPStatus.UNAUTHORIZED,
    errors.Invalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.UnreadableFile: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.Conflict: HTTPStatus.CONFLICT,
    errors.IllegalTransition: HTTPStatus.CONFLICT,
    errors.StaleBase: HTTPStatus.CONFLICT,
    errors.IdempotencyConflict: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.RateLimited: HTTPStatus.TOO_MANY_REQUESTS,
    errors.Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}
RETRY_SECONDS = 5
"""How long a client should wait when a part of the platform does not answer."""

_FRAMEWORK: dict[int, tuple[str, str, str]] = {
    400: ("bad_request", "The request is not well-formed.", "Look the route up at /schema."),
    404: ("route_unknown", "There is nothing at this address.", "Look the route up at /schema."),
    405: ("method_not_allowed", "This address does not take this method.", "The header Allow names those it takes."),
    413: ("too_large", "The request is too large.", "Send less."),
    415: ("media_type", "This address does not take this kind of content.", "Look the route up at /schema."),
}


class Problem(Struct, frozen=True, kw_only=True):
    """An error as every route gives it (RFC 9457). `code` is stable, `hint` says what would fix it."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    hint: str
    instance: str
    request_id: str


class Unsupported(errors.Invalid):
    """Content of a kind that the route does not take."""

    code = "media_type"
    hint = "Send the content type that /schema names for this route."


STATUSES[Unsupported] = HTTPStatus.UNSUPPORTED_MEDIA_TYPE

ErrorPage = Callable[[Call, Problem], Response[Any]]
"""Renders a problem for people."""


def handler(page: ErrorPage) -> Callable[[Call, Exception], Response[Any]]:
    """The application's only exception handler."""

    def answer(call: Call, exception: Exception) -> Response[Any]:
        problem = problem_of(call, exception)
        headers = _headers(call, exception, problem.status)
        if wants_page(call):
            shown = page(call, problem)
            shown.status_code = problem.status
            shown.headers.update(headers)
            return shown
        body = msgspec.json.encode(problem)
        return Response(body, status_code=problem.status, media_type=PROBLEM, headers=headers)

    return answer


def problem_of(call: Call, exception: Exception) -> Problem:
    """What to say about this exception; one that has no words of ours is logged and masked."""
    status, code, detail, hint = _words(exception)
    request_id = str(call.scope.get(REQUEST_ID, ""))
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        reason = str(exception.__cause__ or exception)
        log.warning("web.unavailable", request_id=request_id, path=call.url.path, code=code, reason=reason)
    elif status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("web.failed", request_id=request_id, path=call.url.path, code=code, exc_info=exception)
    return Problem(
        type=f"urn:aixiv:problem:{code}",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        code=code,
        hint=hint,
        instance=call.url.path,
        request_id=request_id,
    )


def wants_page(call: Call) -> bool:
    """Whether a person with a browser asked, outside the parts that are for programs."""
    programs = ("/api/", "/mcp", "/schema/openapi.json", "/healthz", "/readyz", "/metrics")
    return not call.url.path.startswith(programs) and "text/html" in call.headers.get("accept", "")


def _words(exception: Exception) -> tuple[int, str, str, str]:
    if isinstance(exception, StorageError):
        exception = errors.Unavailable("The file storage does not answer.", code="storage_unavailable")
    if isinstance(exception, errors.AixivError):
        return _status(type(exception)), exception.code, exception.message, exception.hint
    if isinstance(exception, HTTPException) and exception.status_code in _FRAMEWORK:
        return exception.status_code, *_FRAMEWORK[exception.status_code]
    return (
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "internal",
        "Something went wrong on our side.",
        "Try again; if it stays, tell the operator the request_id.",
    )


def _status(kind: type[errors.AixivError]) -> int:
    return next(STATUSES[parent] for parent in kind.__mro__ if parent in STATUSES)


def _headers(call: Call, exception: Exception, status: int) -> dict[str, str]:
    headers: dict[str, str] = {}
    if isinstance(exception, HTTPException) and exception.headers:
        headers.update(exception.headers)
    if isinstance(exception, errors.RateLimited):
        headers["Retry-After"] = str(exception.retry_after)
        headers |= {"RateLimit-Remaining": "0", "RateLimit-Reset": str(exception.retry_after)}
    elif status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = str(RETRY_SECONDS)
    if status == HTTPStatus.UNAUTHORIZED:
        spoilt = ', error="invalid_token"' if "authorization" in call.headers else ""
        headers["WWW-Authenticate"] = f'Bearer realm="aiXiv"{spoilt}'
    return headers
