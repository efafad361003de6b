"""One question to an OpenAI-compatible server: retries, time limits and what the answer cost. No meaning here."""

import asyncio
import email.utils
import ipaddress
import ssl
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import httpx2
import msgspec
import stamina
from msgspec import Struct

from agents.judges import Budget, JudgeUnavailable, JudgeUnreadable
from agents.judges.transcript import Transcript
from review.prices import Prices, priced
from review.report import Usage

Message = dict[str, str]
CHARS_PER_TOKEN = 4  # for servers that do not count
MAX_RESPONSE_BYTES = 4 * 2**20


class Patience(Struct, frozen=True, kw_only=True):
    """How long and how often a question is asked."""

    call_seconds: float = 300.0  # one attempt, from connecting to the last byte
    attempts: int = 5
    wait_initial: float = 0.5  # seconds
    wait_max: float = 30.0  # seconds; also the longest Retry-After that is obeyed


class Endpoint(Struct, frozen=True, kw_only=True):
    """An OpenAI-compatible server. `base_url` ends where `/chat/completions` begins, usually in `/v1`."""

    base_url: str
    model: str
    api_key: str = ""
    patience: Patience = Patience()
    prices: Prices = Prices()
    transcript: Transcript | None = None  # keeps what is answered, or answers in the server's place


class Answer(Struct, frozen=True, kw_only=True):
    """What came back, unread."""

    content: str
    usage: Usage


class _Busy(Exception):
    def __init__(self, status: int, retry_after: float | None) -> None:
        super().__init__(f"HTTP {status}")
        self.retry_after = retry_after


async def ask(
    endpoint: Endpoint, messages: list[Message], schema: dict[str, Any], budget: Budget, *, model: str, max_tokens: int
) -> Answer:
    """Ask once, with retries while the server is busy or away.

    With a transcript to replay no server is asked. Raises `JudgeUnavailable` when it stays so, and `JudgeUnreadable`
    when the budget is spent or the server refuses this very question.
    """
    if budget.tokens <= 0:
        raise JudgeUnreadable("the token budget of this round is used up")
    if budget.seconds_left <= 0:
        raise JudgeUnavailable("the deadline of this round has passed", retryable=False)
    body = {
        "model": model,
        "messages": messages,
        "temperature": 0.0,
        "max_tokens": max_tokens,
        "response_format": {"type": "json_schema", "json_schema": schema},
    }
    transcript = endpoint.transcript
    if transcript is not None and transcript.mode == "replay":
        content, usage = await asyncio.to_thread(transcript.kept, body)
        answer = Answer(content=content, usage=usage)
    else:
        answer = await _asked(endpoint, body, budget)
        if transcript is not None:
            await asyncio.to_thread(transcript.keep, body, answer.content, answer.usage)
    answer = Answer(content=answer.content, usage=priced(answer.usage, model, endpoint.prices))
    budget.spend(answer.usage)
    return answer


async def _asked(endpoint: Endpoint, body: dict[str, Any], budget: Budget) -> Answer:
    patience = endpoint.patience
    began = time.monotonic()
    try:
        async for attempt in stamina.retry_context(
            on=_backoff(patience),
            attempts=patience.attempts,
            timeout=budget.seconds_left,
            wait_initial=patience.wait_initial,
            wait_max=patience.wait_max,
        ):
            with attempt:
                raw = await _post(endpoint, body, min(patience.call_seconds, budget.seconds_left))
    except (_Busy, httpx2.TransportError, TimeoutError) as failure:
        reason = str(failure) or type(failure).__name__
        raise JudgeUnavailable(f"{endpoint.base_url}: {reason}") from failure
    return _read(raw, body, time.monotonic() - began)


async def _post(endpoint: Endpoint, body: dict[str, Any], seconds: float) -> bytes:
    headers = {"Content-Type": "application/json"}
    if endpoint.api_key:
        headers["Authorization"] = f"Bearer {endpoint.api_key}"
    url = f"{endpoint.base_url.rstrip('/')}/chat/completions"
    async with (
        asyncio.timeout(seconds),
        httpx2.AsyncClient(timeout=seconds, verify=_tls(), trust_env=not _is_loopback(url)) as client,
        client.stream("POST", url, content=msgspec.json.encode(body), headers=headers) as response,
    ):
        content = b""
        async for chunk in response.aiter_bytes():
            content += chunk
            if len(content) > MAX_RESPONSE_BYTES:
                raise JudgeUnreadable(f"the answer is longer than {MAX_RESPONSE_BYTES} bytes")
    _raise_for(response, content)
    return content


def _raise_for(response: httpx2.Response, content: bytes) -> None:
    status = response.status_code
    if status == 200:
        return
    said = content[:200].decode("utf-8", "replace")
    if status in (408, 409, 425, 429) or status >= 500:
        raise _Busy(status, _retry_after(response.headers.get("Retry-After", "")))
    if status in (400, 413, 422):
        raise JudgeUnreadable(f"the server refuses the question with HTTP {status}: {said}")
    raise JudgeUnavailable(f"the server answers HTTP {status}: {said}", retryable=False)


def _backoff(patience: Patience) -> Callable[[Exception], bool | float]:
    def hook(failure: Exception) -> bool | float:
        if isinstance(failure, _Busy):
            return True if failure.retry_after is None else min(failure.retry_after, patience.wait_max)
        return isinstance(failure, httpx2.TransportError | TimeoutError)

    return hook


def _retry_after(value: str) -> float | None:
    if value.strip().isdigit():
        return float(value)
    try:
        moment = email.utils.parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def _read(raw: bytes, body: dict[str, Any], seconds: float) -> Answer:
    try:
        reply = msgspec.json.decode(raw, type=_Reply)
    except msgspec.MsgspecError as failure:
        raise JudgeUnreadable(f"the server's reply is no chat completion: {failure}") from failure
    content = reply.choices[0].message.content if reply.choices else None
    return Answer(content=content or "", usage=_usage(reply, body, content or "", seconds))


def _usage(reply: "_Reply", body: dict[str, Any], content: str, seconds: float) -> Usage:
    counted = reply.usage
    if counted is None:
        asked = sum(len(m["content"]) for m in body["messages"])
        return Usage(
            prompt_tokens=asked // CHARS_PER_TOKEN,
            completion_tokens=len(content) // CHARS_PER_TOKEN,
            seconds=seconds,
            calls=1,
        )
    details = counted.prompt_tokens_details
    return Usage(
        prompt_tokens=counted.prompt_tokens,
        completion_tokens=counted.completion_tokens,
        cached_tokens=details.cached_tokens or 0 if details else 0,
        seconds=seconds,
        calls=1,
    )


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    """One context for all calls: loading the certificates anew costs more than a local answer."""
    return ssl.create_default_context()


def _is_loopback(url: str) -> bool:
    host = httpx2.URL(url).host
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class _Message(Struct):
    content: str | None = None


class _Choice(Struct):
    message: _Message


class _Details(Struct):
    cached_tokens: int | None = None


class _Counted(Struct):
    prompt_tokens: int = 0
    completion_tokens: int = 0
    prompt_tokens_details: _Details | None = None


class _Reply(Struct):
    choices: list[_Choice]
    usage: _Counted | None = None
