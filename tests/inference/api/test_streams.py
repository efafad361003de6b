"""What is cut, what is cancelled and what is too much, over real HTTP."""

import json
import re
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest

from inference.serve import Options, is_loopback
from tests.inference.api.live import KEY, NAME, serving

ASK: Any = [{"role": "user", "content": "What does the method measure?"}]
ENDLESS = {"0": -100, "2": -100}  # the tokens that end an answer
LONG: Any = {"model": NAME, "messages": ASK, "max_tokens": 3900, "logit_bias": ENDLESS}


@pytest.fixture(scope="module")
def client(address: str) -> Iterator[httpx2.Client]:
    headers = {"Authorization": f"Bearer {KEY}"}
    with httpx2.Client(base_url=address, headers=headers, timeout=60, trust_env=False) as made:
        yield made


def number(client: httpx2.Client, name: str) -> float:
    found = re.search(rf"^inference_{re.escape(name)} (\S+)$", client.get("/metrics").text, re.MULTILINE)
    return float(found[1]) if found else 0.0


def engine(client: httpx2.Client, name: str) -> float:
    return number(client, f"engine_{name}")


def nothing_held(client: httpx2.Client) -> bool:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if not any(engine(client, name) for name in ("running", "waiting", "pages_held")):
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("stream", [True, False])
def test_an_answer_nobody_waits_for_is_given_up(client: httpx2.Client, stream: bool) -> None:
    try:
        with client.stream("POST", "/v1/chat/completions", json=LONG | {"stream": stream}, timeout=2) as answer:
            lines = (line for line in answer.iter_lines() if '"content":"' in line and '"content":""' not in line)
            next(lines)
            assert engine(client, "running") == 1
            assert engine(client, "pages_held") > 0
    except httpx2.ReadTimeout:
        assert not stream
        assert engine(client, "running") <= 1
    assert nothing_held(client)


def test_a_stream_is_clocked_to_its_end(client: httpx2.Client) -> None:
    clocked = 'request_seconds_sum{route="chat"}'
    before, began = number(client, clocked), time.monotonic()
    assert client.post("/v1/chat/completions", json=LONG | {"stream": True, "max_tokens": 60}).is_success
    assert (number(client, clocked) - before) / (time.monotonic() - began) > 0.5


def test_clients_that_go_away_are_no_trouble_of_ours(client: httpx2.Client) -> None:
    left, failed = (f'requests_total{{route="chat",status="{status}"}}' for status in (499, 500))
    before = number(client, left), number(client, failed)
    with suppress(httpx2.ReadTimeout):
        client.post("/v1/chat/completions", json=LONG, timeout=0.3)
    with socket.create_connection((client.base_url.host, client.base_url.port or 80)) as hasty:
        head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {KEY}\r\nContent-Length: 99"
        hasty.sendall(f"{head}\r\n\r\n".encode())
        time.sleep(0.1)
    deadline = time.monotonic() + 20
    while number(client, left) < before[0] + 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert (number(client, left), number(client, failed)) == (before[0] + 2, before[1])


def test_who_waits_when_the_service_stops_is_told(folder: Path) -> None:
    options = Options(model=str(folder), name=NAME, device="cpu", kv_memory=8 * 2**20)
    with ThreadPoolExecutor(2) as threads:
        with serving(options, grace=0.3) as address:
            whole, stream = (
                threads.submit(httpx2.post, f"{address}/v1/chat/completions", json=LONG | {"stream": asked}, timeout=60)
                for asked in (False, True)
            )
            time.sleep(0.5)
        assert (whole.result().status_code, whole.result().json()["error"]["type"]) == (503, "server_error")
        last = stream.result().text.strip().rsplit("data: ", 1)[-1]
        assert "the service is stopping" in json.loads(last)["error"]["message"]


def test_what_is_too_much_is_refused_with_the_time_to_come_back(client: httpx2.Client) -> None:
    with ExitStack() as open_ones:
        for _ in range(20):
            asked = client.stream("POST", "/v1/chat/completions", json=LONG | {"stream": True, "n": 16})
            answer = open_ones.enter_context(asked)
            if answer.status_code == 429:
                break
        assert answer.status_code == 429
        assert int(answer.headers["Retry-After"]) >= 1
        assert json.loads(answer.read())["error"]["type"] == "rate_limit_error"
    assert nothing_held(client)


def test_a_stop_text_takes_its_tokens_with_it(client: httpx2.Client) -> None:
    fixed = {
        "model": NAME,
        "messages": ASK,
        "temperature": 0,
        "max_tokens": 80,
        "logprobs": True,
        "regex": "[a-z ]{60}",
    }
    whole = client.post("/v1/chat/completions", json=fixed).json()["choices"][0]
    text, words = whole["message"]["content"], whole["logprobs"]["content"]
    assert b"".join(bytes(word["bytes"]) for word in words).decode("utf-8", "replace") == text
    at = len(text) // 2
    stop = text[at : at + 5]
    asked = fixed | {"stop": ["never said", stop]}
    cut = client.post("/v1/chat/completions", json=asked).json()["choices"][0]
    kept = text[: text.index(stop)]
    assert (cut["message"]["content"], cut["finish_reason"]) == (kept, "stop")
    left = cut["logprobs"]["content"]
    assert left == words[: len(left)]
    shown = sum(len(bytes(word["bytes"])) for word in left)
    assert shown - len(words[len(left) - 1]["bytes"]) < len(kept.encode()) <= shown
    streamed = client.post("/v1/chat/completions", json=asked | {"stream": True}).text
    events = [json.loads(line[6:]) for line in streamed.splitlines() if line.startswith("data: {")]
    deltas = [choice for event in events for choice in event["choices"]]
    assert "".join(delta["delta"].get("content", "") for delta in deltas) == kept
    assert [word for delta in deltas for word in (delta["logprobs"] or {}).get("content", ())] == left


def test_plain_completions_say_where_each_token_begins(client: httpx2.Client) -> None:
    asked = {"model": NAME, "prompt": "One", "max_tokens": 20, "temperature": 0, "logprobs": 2, "regex": "[a-zé ]{9,}"}
    choice = client.post("/v1/completions", json=asked).json()["choices"][0]
    said, offsets = choice["logprobs"]["tokens"], choice["logprobs"]["text_offset"]
    assert len(said) == len(offsets) == len(choice["logprobs"]["token_logprobs"])
    assert offsets[0] == 0
    assert offsets == sorted(offsets)
    for word, begin, end in zip(said, offsets, [*offsets[1:], len(choice["text"])], strict=True):
        assert choice["text"][begin:end] == word or not word.isascii()


@pytest.mark.parametrize(
    ("host", "alone"), [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("::", False)]
)
def test_only_a_loopback_address_needs_no_key(host: str, alone: bool) -> None:
    assert is_loopback(host) is alone
