"""The OpenAPI 3.1 document, from the routes and the very types they decode and encode, and a page to read it."""

import re
from collections.abc import Iterator
from html import escape
from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Litestar, Response
from litestar.handlers import HTTPRouteHandler

from aixiv.domain import errors
from aixiv.web.errors import PROBLEM, STATUSES, Problem, Unsupported
from aixiv.web.operation import OPTION, Operation

STREAM = "text/event-stream"  # events have several shapes; the description tells them
REFERENCE = "#/components/schemas/{name}"
_PARAMETER = re.compile(r"\{(\w+):(\w+)\}")
_PATH_TYPES: dict[str, dict[str, Any]] = {
    "str": {"type": "string", "minLength": 1},
    "int": {"type": "integer", "minimum": 1, "maximum": 9999},
    "uuid": {"type": "string", "format": "uuid"},
}
_PATH_WORDS = {
    "paper": "UUID of the paper, or its identifier in any spelling, with or without a version: aixiv:2611.00001v2",
    "n": "Number of the version, from 1",
}
_KEY = "A name the client chose for this write; sent again with the same content it gives the same answer"


def document(app: Litestar, version: str, address: str) -> dict[str, Any]:
    """The whole document."""
    told = list(operations(app))
    _, schemas = msgspec.json.schema_components(_types(told), ref_template=REFERENCE)
    paths: dict[str, dict[str, Any]] = {}
    for path, handler, operation in told:
        entry = paths.setdefault(_PARAMETER.sub(r"{\1}", path), {})
        for method in sorted(handler.http_methods - {"OPTIONS"}):
            entry[method.lower()] = _operation(path, handler, operation, schemas)
    for _, _, operation in told:
        if operation.query is not None:
            schemas.pop(operation.query.__name__, None)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "aiXiv",
            "version": version,
            "description": "Publishing for human and AI scientists: submit, be reviewed, revise, publish, discuss.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": address}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "A token of an agent or a person."},
                "session": {"type": "apiKey", "in": "cookie", "name": "aixiv_session"},
            },
        },
    }


def operations(app: Litestar) -> Iterator[tuple[str, HTTPRouteHandler, Operation]]:
    """Every documented route: its path as it is registered, its handler and its description."""
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            told = handler.opt.get(OPTION) if isinstance(handler, HTTPRouteHandler) else None
            if told is not None:
                yield route.path, handler, told


def page(document: dict[str, Any]) -> Response[str]:
    """The document for people, with nothing fetched from elsewhere."""
    rows = []
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            statuses = ", ".join(told["responses"])
            rows.append(
                f'<h2 id="{escape(told["operationId"])}"><code>{method.upper()} {escape(path)}</code></h2>'
                f"<p><strong>{escape(told['summary'])}</strong></p><p>{escape(told['description'])}</p>"
                f"<ul>{''.join(_parameter_words(p) for p in told['parameters'])}</ul><p>Answers: {statuses}</p>"
            )
    return Response(
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>aiXiv REST interface</title>'
        '<link rel="stylesheet" href="/static/site.css"><main><h1>REST interface</h1><p>For programs: '
        f'<a href="/schema/openapi.json">openapi.json</a></p>{"".join(rows)}</main></html>',
        media_type="text/html",
    )


def _parameter_words(parameter: dict[str, Any]) -> str:
    words = escape(parameter.get("description", ""))
    return f"<li><code>{escape(parameter['name'])}</code> ({parameter['in']}) {words}</li>"


def _types(told: list[tuple[str, HTTPRouteHandler, Operation]]) -> list[Any]:
    found: list[Any] = [Problem]
    for _, _, operation in told:
        found += [t for t in (operation.returns, operation.query, operation.body, operation.form) if t is not None]
    return found


def _schema(type_: Any) -> dict[str, Any]:
    (schema,), _ = msgspec.json.schema_components([type_], ref_template=REFERENCE)
    return schema


def _operation(
    path: str, handler: HTTPRouteHandler, told: Operation, schemas: dict[str, dict[str, Any]]
) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": told.id,
        "summary": told.summary,
        "description": re.sub(r"\s+", " ", handler.fn.__doc__ or told.summary).strip(),
        "tags": [told.tag],
        "parameters": [*_path_parameters(path), *_query_parameters(told, schemas), *_header_parameters(told)],
        "responses": _responses(path, told),
        "security": [{"token": []}, {"session": []}] + ([{}] if told.access == "anybody" else []),
    }
    body = _request_body(told)
    return described | ({"requestBody": body} if body else {})


def _path_parameters(path: str) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": _PATH_TYPES[kind],
            "description": _PATH_WORDS.get(name, f"Id of the {name}"),
        }
        for name, kind in _PARAMETER.findall(path)
    ]


def _query_parameters(told: Operation, schemas: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    if told.query is None:
        return []
    shape = schemas[told.query.__name__]
    required = set(shape.get("required", ()))
    return [
        {
            "name": name,
            "in": "query",
            "required": name in required,
            "schema": schema,
            "description": schema.get("description", name),
        }
        for name, schema in shape["properties"].items()
    ]


def _header_parameters(told: Operation) -> list[dict[str, Any]]:
    headers = dict(told.request_headers)
    if told.writes:
        headers["Idempotency-Key"] = _KEY
    if told.conditional:
        headers["If-None-Match"] = "ETag of the copy the client has; answered with 304 when it is still right"
    return [
        {"name": name, "in": "header", "required": False, "schema": {"type": "string"}, "description": words}
        for name, words in headers.items()
    ]


def _request_body(told: Operation) -> dict[str, Any] | None:
    if told.form is not None:
        parts = {
            "metadata": _schema(told.form),
            "manuscript": {"type": "string", "contentMediaType": "application/octet-stream"},
        }
        shape = {"type": "object", "properties": parts, "required": list(parts), "additionalProperties": False}
        encoding = {"metadata": {"contentType": "application/json"}}
        return {"required": True, "content": {"multipart/form-data": {"schema": shape, "encoding": encoding}}}
    if told.body is not None:
        return {"required": True, "content": {"application/json": {"schema": _schema(told.body)}}}
    if told.takes:
        return {"required": True, "content": {told.takes: {"schema": {"type": "string", "format": "binary"}}}}
    return None


def _responses(path: str, told: Operation) -> dict[str, Any]:
    content: dict[str, Any] = {
        media: {} if media == STREAM else {"schema": {"type": "string"}} for media in told.produces
    }
    if told.returns is not None:
        content["application/json"] = {"schema": _schema(told.returns)}
    good: dict[str, Any] = {"description": HTTPStatus(told.status).phrase}
    if content:
        good["content"] = content
    headers = dict(told.response_headers) | ({"ETag": "Names this content"} if told.conditional else {})
    if headers:
        good["headers"] = {k: {"description": v, "schema": {"type": "string"}} for k, v in headers.items()}
    answers = {str(told.status): good}
    further = dict(told.other) | ({304: "The client's copy is still right"} if told.conditional else {})
    answers |= {str(status): {"description": words} for status, words in further.items()}
    refused = {"content": {PROBLEM: {"schema": _schema(Problem)}}}
    for status, words in sorted(_refusals(path, told).items()):
        answers[str(status)] = {"description": words, **refused}
    answers["default"] = {"description": "Any other error", **refused}
    return answers


def _refusals(path: str, told: Operation) -> dict[int, str]:
    """Errors of the route itself, and those that follow from what it takes."""
    kinds: list[type[errors.AixivError]] = [errors.NotSignedIn, errors.Unavailable, *told.errors]
    if "{" in path:
        kinds.append(errors.NotFound)
    if told.query or told.body or told.form or told.writes:
        kinds.append(errors.Invalid)
    if told.body or told.form:
        kinds += [errors.TooLarge, Unsupported]
    if told.writes:
        kinds += [errors.NotAllowed, errors.Conflict, errors.RateLimited]
    words: dict[int, list[str]] = {}
    for kind in dict.fromkeys(kinds):
        words.setdefault(int(STATUSES[kind]), []).append(f"code {kind.code}")
    return {status: f"{HTTPStatus(status).phrase} ({', '.join(codes)}, ...)" for status, codes in words.items()}


def encoded(document: dict[str, Any]) -> bytes:
    """The document as JSON."""
    return msgspec.json.encode(document)
