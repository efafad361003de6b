"""The service over HTTP, as OpenAI's clients know it."""

import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from litestar import Litestar, Request, Response, get, post
from litestar.exceptions import HTTPException
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from inference.embedding.engine import EmbeddingEngine, QueueFullError
from inference.embedding.loader import SentenceModel
from inference.errors import ErrorBody, RefusedError, Status
from inference.metrics import Metrics
from inference.schemas import EmbeddingResponse, ModelCard, ModelList, parse, respond

MAX_BODY_BYTES = 32 * 2**20
AnyRequest = Request[Any, Any, Any]


def create_app(model: SentenceModel, *, waiting_texts: int = 4096) -> Litestar:
    """The application around one embedding model."""
    metrics = Metrics()
    engine = EmbeddingEngine(model, waiting_texts=waiting_texts, on_batch=metrics.batch.observe)

    @asynccontextmanager
    async def lifespan(_app: Litestar) -> AsyncIterator[None]:
        await engine.start()
        yield
        await engine.stop()

    return Litestar(
        [*_embedding_routes(engine, metrics), *_model_routes(model), *_status_routes(engine, metrics)],
        lifespan=[lifespan],
        exception_handlers={RefusedError: _refuse, HTTPException: _refuse_http, Exception: _fault},
        request_max_body_size=MAX_BODY_BYTES,
        openapi_config=None,
    )


def _embedding_routes(engine: EmbeddingEngine, metrics: Metrics) -> list[ControllerRouterHandler]:
    @post("/v1/embeddings", status_code=200)
    async def embeddings(request: AnyRequest) -> EmbeddingResponse:
        began = time.perf_counter()
        status = 500
        try:
            answer = await _embed(engine, await request.body())
            status = 200
        except RefusedError as refusal:
            status = refusal.status
            raise
        finally:
            metrics.requests.labels("embeddings", status).inc()
            metrics.seconds.labels("embeddings").observe(time.perf_counter() - began)
        metrics.tokens.inc(answer.usage.total_tokens)
        metrics.truncated.inc(answer.usage.truncated_inputs)
        return answer

    return [embeddings]


async def _embed(engine: EmbeddingEngine, body: bytes) -> EmbeddingResponse:
    asked = parse(body)
    if asked.model != engine.model.name:
        raise _unknown_model(asked.model, engine.model.name)
    try:
        found = await engine.embed(asked.texts)
    except QueueFullError as error:
        raise RefusedError(429, str(error), code="queue_full", retry_after=error.retry_after) from error
    return respond(asked, found)


def _model_routes(model: SentenceModel) -> list[ControllerRouterHandler]:
    card = ModelCard(model.name, "model", 0, "aixiv", "embedding", dimensions=model.width, max_tokens=model.max_tokens)

    @get("/v1/models")
    async def models() -> ModelList:
        return ModelList("list", [card])

    @get("/v1/models/{name:str}")
    async def one_model(name: FromPath[str]) -> ModelCard:
        if name != card.id:
            raise _unknown_model(name, card.id)
        return card

    @post(["/v1/chat/completions", "/v1/completions"])
    async def completions() -> None:
        raise RefusedError(
            404,
            "this service runs no language model, only embeddings; set AIXIV_LLM_BASE_URL to a server that has one",
            code="model_not_found",
            param="model",
        )

    return [models, one_model, completions]


def _status_routes(engine: EmbeddingEngine, metrics: Metrics) -> list[ControllerRouterHandler]:
    @get("/health")
    async def health() -> Response[dict[str, object]]:
        body: dict[str, object] = {
            "status": "ok" if engine.alive else "stopped",
            "models": [engine.model.name],
            "language_model": None,
        }
        return Response(body, status_code=200 if engine.alive else 503)

    @get("/metrics")
    async def numbers() -> Response[bytes]:
        metrics.waiting.set(engine.waiting)
        return Response(metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    return [health, numbers]


def _unknown_model(asked: str, served: str) -> RefusedError:
    message = f"no model {asked!r} here; this service runs {served!r}"
    return RefusedError(404, message, code="model_not_found", param="model")


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
