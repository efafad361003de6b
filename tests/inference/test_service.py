"""The service over real HTTP, with our client and as a stranger's client would call it."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
import pytest
import uvicorn

from inference.api.app import create_app
from inference.client import EmbeddingClient, InferenceRefused, InferenceUnavailable
from inference.embedding.loader import BUNDLED, bundled_folder, load

pytestmark = pytest.mark.anyio


@contextmanager
def served(*, waiting_texts: int) -> Iterator[str]:
    app = create_app([load(BUNDLED, bundled_folder())], waiting_texts=waiting_texts)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning"))
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with served(waiting_texts=96) as url:
        yield url


def ask(address: str, **fields: object) -> httpx2.Response:
    body = {"input": "a text", "model": BUNDLED, **fields}
    return httpx2.post(f"{address}/v1/embeddings", json=body, timeout=60)


async def test_vectors_come_back_in_order(address: str) -> None:
    texts = [f"text {'long ' * (i % 7)} number {i}" for i in range(70)]
    async with EmbeddingClient(address) as client:
        together = await client.embed(texts)
        alone = await client.embed([texts[41]])
        assert await client.embed([]) == []
    assert len(together) == 70
    assert sum(a * b for a, b in zip(together[41], alone[0], strict=True)) > 0.99999
    assert sum(a * b for a, b in zip(together[40], alone[0], strict=True)) < 0.9999


def test_both_encodings_say_the_same(address: str) -> None:
    import base64
    import struct

    plain = ask(address).json()["data"][0]["embedding"]
    packed = ask(address, encoding_format="base64").json()["data"][0]["embedding"]
    assert struct.unpack("<384f", base64.b64decode(packed)) == pytest.approx(plain, abs=1e-7)


def test_usage_tells_what_was_not_read(address: str) -> None:
    usage = ask(address, input=["one word", "word " * 2000]).json()["usage"]
    assert usage == {"prompt_tokens": 260, "total_tokens": 260, "truncated_inputs": 1}


@pytest.mark.parametrize(
    ("fields", "status", "param"),
    [
        ({"model": "gpt-5"}, 404, "model"),
        ({"dimensions": 100}, 400, "dimensions"),
        ({"temperature": 0}, 400, "temperature"),
        ({"input": ""}, 400, "input"),
        ({"input": []}, 400, "input"),
        ({"input": [1, 2, 3]}, 400, "input"),
        ({"input": ["x"] * 2049}, 400, "input"),
        ({"encoding_format": "hex"}, 400, "encoding_format"),
    ],
)
def test_what_is_not_served_is_refused(address: str, fields: dict[str, object], status: int, param: str) -> None:
    answer = ask(address, **fields)
    error = answer.json()["error"]
    assert (answer.status_code, error["type"], error["param"]) == (status, "invalid_request_error", param)


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"model": "\xff"}', b"[" * 100_000])
def test_what_is_no_json_is_refused_and_no_fault_of_ours(address: str, body: bytes) -> None:
    answer = httpx2.post(f"{address}/v1/embeddings", content=body)
    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "invalid_request_error")


def test_a_missing_field_is_named_and_a_null_is_as_good_as_nothing(address: str) -> None:
    missing = httpx2.post(f"{address}/v1/embeddings", json={"model": BUNDLED}).json()
    assert missing["error"]["param"] == "input"
    assert ask(address, user=None, dimensions=None).status_code == 200


def test_chat_says_which_setting_is_missing(address: str) -> None:
    answer = httpx2.post(f"{address}/v1/chat/completions", json={"model": "any", "messages": []})
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "model_not_found"
    assert "AIXIV_LLM_BASE_URL" in answer.json()["error"]["message"]
    assert httpx2.get(f"{address}/v2").json()["error"]["type"] == "invalid_request_error"


def test_models_are_listed(address: str) -> None:
    (card,) = httpx2.get(f"{address}/v1/models").json()["data"]
    assert (card["id"], card["dimensions"], card["max_tokens"]) == (BUNDLED, 384, 256)
    assert httpx2.get(f"{address}/v1/models/{BUNDLED}").json() == card
    assert httpx2.get(f"{address}/v1/models/other").status_code == 404


@pytest.mark.slow
async def test_busy_is_said_at_once_and_health_still_answers(address: str) -> None:
    long = ["the measured value of the quantity is given by " * 40] * 90
    async with httpx2.AsyncClient(base_url=address, timeout=60) as http:
        work = asyncio.create_task(http.post("/v1/embeddings", json={"input": long, "model": BUNDLED}))
        await asyncio.sleep(0.3)
        began = time.monotonic()
        refused = await http.post("/v1/embeddings", json={"input": long, "model": BUNDLED})
        health = await http.get("/health")
        answered = time.monotonic() - began
        small = await http.post("/v1/embeddings", json={"input": "short", "model": BUNDLED})
        assert not work.done(), "the small request waited for the whole large one"
        done = await work
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "queue_full")
    assert int(refused.headers["retry-after"]) >= 1
    assert (health.status_code, small.status_code, done.status_code) == (200, 200, 200)
    assert answered < 1.0


def test_texts_nobody_waits_for_are_not_computed(address: str) -> None:
    long = ["the measured value of the quantity is given by " * 40] * 90
    before = number(address, "batch_texts_sum")
    with pytest.raises(httpx2.ReadTimeout):
        httpx2.post(f"{address}/v1/embeddings", json={"input": long, "model": BUNDLED}, timeout=0.2)
    while number(address, "waiting_texts"):
        time.sleep(0.05)
    assert ask(address).status_code == 200
    assert 0 < number(address, "batch_texts_sum") - before < 90


def number(address: str, name: str) -> float:
    lines = httpx2.get(f"{address}/metrics").text.splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith(f"inference_{name} "))


def test_metrics_count_what_happened(address: str) -> None:
    ask(address)
    ask(address, model="other")
    text = httpx2.get(f"{address}/metrics").text
    assert 'inference_requests_total{route="embeddings",status="200"}' in text
    assert 'inference_requests_total{route="embeddings",status="404"}' in text
    assert "inference_batch_texts_bucket" in text


async def test_a_service_that_is_not_there_is_told_from_a_refusal(address: str) -> None:
    async with EmbeddingClient("http://127.0.0.1:9") as client:
        with pytest.raises(InferenceUnavailable, match="cannot be reached"):
            await client.embed(["text"])
    async with EmbeddingClient(address, model="other") as client:
        with pytest.raises(InferenceRefused, match="no model 'other'"):
            await client.embed(["text"])
