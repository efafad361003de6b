"""JSON answers, and answers a client may keep as long as it asks again: ETag and If-None-Match."""

import hashlib
from typing import Any

import msgspec
from litestar import Response

from aixiv.web.errors import Call

KEPT = {"Cache-Control": "private, no-cache", "Vary": "Accept, Authorization, Cookie"}
"""A copy may be kept by the client that asked, who asks again before using it."""


def as_json(value: Any, *, headers: dict[str, str] | None = None) -> Response[bytes]:
    """This value as JSON, with the status of its route."""
    return Response(msgspec.json.encode(value), media_type="application/json", headers=headers)


def conditional(call: Call, value: Any, *, headers: dict[str, str] | None = None) -> Response[bytes]:
    """This value as JSON with an ETag of its content, or 304 when the client has it."""
    body = msgspec.json.encode(value)
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    kept = {**KEPT, "ETag": etag, **(headers or {})}
    if client_has(call, etag):
        return Response(b"", status_code=304, headers=kept)
    return Response(body, media_type="application/json", headers=kept)


def client_has(call: Call, etag: str) -> bool:
    """Whether If-None-Match names this entity tag (weak comparison, RFC 9110)."""
    named = [tag.strip().removeprefix("W/") for tag in call.headers.get("if-none-match", "").split(",")]
    return etag in named or named == ["*"]
