"""The service over HTTP, as OpenAI's clients know it."""

import asyncio
import hmac
import logging
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec
from litestar import Litestar, Request, Response, get, post
from litestar.datastructures import State
from litestar.exceptions import HTTPException, InternalServerException
from litestar.params import FromPath
from litestar.response import Stream
from litestar.types import ControllerRouterHandler
from prometheus_client import Histogram

from inference.api import chat, completions
from inference.api.embeddings import EmbeddingResponse, parse, respond
from inference.api.errors import ErrorBody, RefusedError, Status
from inference.api.language import Language
from inference.api.metrics import Metrics
from inference.api.models import Shelf
from inference.api.requests import Asked, CompletionRequest, read
from inference.api.sse import events, gone, while_connected
from inference.embedding.base import Embedder
from inference.embedding.engine import EmbeddingEngine, QueueFullError

MAX_BODY_BYTES = 32 * 2**20
OPEN_ROUTES = ("/health",)
Engines = Mapping[str, EmbeddingEngine]
AnyRequest = Request[Any, Any, Any]
AnyResponse = Response[Any]
Work = Callable[[AnyRequest], Any]


def create_app(
    embedders: Sequence[Embedder],
    *,
    language: Language | None = None,
    missing: str = "",
    api_key: str = "",
    waiting_texts: int = 4096,
) -> Litestar:
    """The application around embedding models and perhaps a language model.

    `missing` says why there is no language model where one was wanted. An empty key lets everybody in. `state.models`
    names what is served, `state.stop` ends all texts being written.
    """
    metrics = Metrics()
    engines = {
        model.name: EmbeddingEngine(model, waiting_texts=waiting_texts, on_batch=metrics.batch.observe)
        for model in embedders
    }
    shelf = Shelf(embedders, language, missing)
    if language is not None:
        metrics.watch(language.engine.stats)

    @asynccontextmanager
    async def lifespan(_app: Litestar) -> AsyncIterator[None]:
        for engine in engines.values():
            await engine.start()
        if language is not None:
            await asyncio.to_thread(language.engine.start)
        yield
        if language is not None:
            await asyncio.to_thread(language.engine.stop)
        for engine in engines.values():
            await engine.stop()

    return Litestar(
        [
            *_embedding_routes(engines, shelf, metrics),
            *_language_routes(shelf, metrics),
            *_model_routes(shelf),
            *_status_routes(engines, shelf, metrics),
        ],
        lifespan=[lifespan],
        before_request=_door(api_key),
        exception_handlers={RefusedError: _refuse, HTTPException: _refuse_http, Exception: _fault},
        request_max_body_size=MAX_BODY_BYTES,
        openapi_config=None,
        state=State(
            {"models": [card["id"] for card in shelf.cards], "stop": language.engine.stop if language else int}
        ),
    )


def _door(api_key: str) -> Callable[[AnyRequest], None]:
    """Who may ask. The comparison takes the same time however much of a key is right."""

    def check(request: AnyRequest) -> None:
        if not api_key or request.url.path in OPEN_ROUTES:
            return
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode(), api_key.encode()):
            raise RefusedError(401, "the API key is missing or wrong", code="invalid_api_key")

    return check


@dataclass
class _Clock:
    """The time of one request, to the end of its stream if it has one."""

    seconds: Histogram
    began: float = field(default_factory=time.perf_counter)
    streamed: bool = False

    def stop(self) -> None:
        self.seconds.observe(time.perf_counter() - self.began)

    def during(self, parts: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The parts; the clock stops when they end or nobody wants them any more."""
        self.streamed = True
        return self._clocked(parts)

    async def _clocked(self, parts: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        try:
            async for part in parts:
                yield part
        finally:
            self.stop()


@asynccontextmanager
async def _timed(metrics: Metrics, route: str) -> AsyncIterator[_Clock]:
    clock = _Clock(metrics.seconds.labels(route))
    status = 500
    try:
        yield clock
        status = 200
    except RefusedError as refusal:
        status = refusal.status
        raise
    except HTTPException as refusal:
        status = refusal.status_code
        raise
    finally:
        metrics.requests.labels(route, status).inc()
        if not clock.streamed:
            clock.stop()


async def _body(request: AnyRequest) -> bytes:
    try:
        return await request.body()
    except InternalServerException as error:  # the framework's word for it
        raise gone() from error


def _embedding_routes(engines: Engines, shelf: Shelf, metrics: Metrics) -> list[ControllerRouterHandler]:
    @post("/v1/embeddings", status_code=200)
    async def embeddings(request: AnyRequest) -> EmbeddingResponse:
        async with _timed(metrics, "embeddings"):
            answer = await while_connected(request, _embed(engines, shelf, await _body(request)))
        metrics.tokens.inc(answer.usage.total_tokens)
        metrics.truncated.inc(answer.usage.truncated_inputs)
        return answer

    return [embeddings]


async def _embed(engines: Engines, shelf: Shelf, body: bytes) -> EmbeddingResponse:
    asked = parse(body)
    engine = engines.get(asked.model)
    if engine is None:
        raise shelf.unknown(asked.model, "embedding")
    try:
        found = await engine.embed(asked.texts)
    except QueueFullError as error:
        raise RefusedError(429, str(error), code="queue_full", retry_after=error.retry_after) from error
    return respond(asked, found)


def _language_routes(shelf: Shelf, metrics: Metrics) -> list[ControllerRouterHandler]:
    @post("/v1/chat/completions", status_code=200)
    async def chat_completions(request: AnyRequest) -> AnyResponse:
        return await _answer(request, shelf, metrics, "chat", chat.ChatRequest, chat.Job)

    @post("/v1/completions", status_code=200)
    async def plain_completions(request: AnyRequest) -> AnyResponse:
        return await _answer(request, shelf, metrics, "completions", CompletionRequest, completions.Job)

    return [chat_completions, plain_completions]


async def _answer(
    request: AnyRequest,
    shelf: Shelf,
    metrics: Metrics,
    route: str,
    kind: type[Asked],
    job_of: Callable[[Language, Asked, Metrics], Any],
) -> AnyResponse:
    """One answer, whole or as a stream. What can be refused is refused before the first byte."""
    async with _timed(metrics, route) as clock:
        if shelf.language is None:
            raise shelf.no_language_model()
        asked = read(await _body(request), kind)
        if asked.model != shelf.language.name:
            raise shelf.unknown(asked.model, "text")
        job = await asyncio.to_thread(job_of, shelf.language, asked, metrics)
        job.begin()
        if not asked.stream:
            body = await while_connected(request, job.whole())
            return Response(msgspec.json.encode(body), media_type="application/json")
        parts = clock.during(events(job.chunks()))
    return Stream(parts, media_type="text/event-stream; charset=utf-8", headers={"Cache-Control": "no-cache"})


def _model_routes(shelf: Shelf) -> list[ControllerRouterHandler]:
    @get("/v1/models")
    async def models() -> dict[str, Any]:
        return {"object": "list", "data": shelf.cards, "language_model": shelf.state}

    @get("/v1/models/{name:path}")
    async def one_model(name: FromPath[str]) -> dict[str, Any]:
        return shelf.card(name.lstrip("/"))

    return [models, one_model]


def _status_routes(engines: Engines, shelf: Shelf, metrics: Metrics) -> list[ControllerRouterHandler]:
    @get("/health")
    async def health() -> Response[dict[str, object]]:
        language = shelf.language
        alive = all(engine.alive for engine in engines.values()) and (language is None or language.engine.alive)
        body: dict[str, object] = {
            "status": "ok" if alive else "stopped",
            "models": [card["id"] for card in shelf.cards],
            "language_model": language.name if language else None,
        }
        return Response(body, status_code=200 if alive else 503)

    @get("/metrics")
    async def numbers() -> Response[bytes]:
        metrics.waiting.set(sum(engine.waiting for engine in engines.values()))
        return Response(metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    return [health, numbers]


def _refuse(_request: AnyRequest, refusal: RefusedError) -> Response[ErrorBody]:
    headers = {"Retry-After": str(refusal.retry_after)} if refusal.retry_after is not None else {}
    return Response(refusal.body, status_code=refusal.status, headers=headers)


def _refuse_http(request: AnyRequest, error: HTTPException) -> Response[ErrorBody]:
    """The framework's own refusals (no such route, body too large) in our shape."""
    known: dict[int, Status] = {404: 404, 405: 404, 413: 413}
    status = known.get(error.status_code, 400 if error.status_code < 500 else 500)
    return _refuse(request, RefusedError(status, error.detail or "refused"))


def _fault(request: AnyRequest, error: Exception) -> Response[ErrorBody]:
    """A defect of ours: said without details, which go to the log."""
    logging.getLogger(__name__).error("request to %s failed", request.url.path, exc_info=error)
    return _refuse(request, RefusedError(500, "the computation failed; the service's log says why"))
