"""The one way to the platform: MCP tools over Streamable HTTP, and the signed address of an upload.

Every call that a scientist makes may be made again: reads change nothing, and each write carries an idempotency key.
So a call whose answer was lost is repeated until the platform is there again, or patience ends.
"""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any, Protocol, TypeVar

import httpx2
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult, Implementation, TextContent

T = TypeVar("T")

CALL_SECONDS = 90.0
PATIENCE_SECONDS = 300.0
FIRST_WAIT, LONGEST_WAIT = 0.5, 10.0
PASSING = ("unavailable", "internal", "database_unavailable", "database_busy", "storage_unavailable", "read_only")
"""Codes of refusals that end by themselves."""
NAME = Implementation(name="aixiv-scientist", version="1")
_REFUSAL = re.compile(r"(?P<code>[a-z_]+): (?P<message>.*)", re.DOTALL)
_WAIT = re.compile(r"Wait (\d+) seconds")


class Refused(Exception):
    """The platform says no. `code` is its stable word for why; the message names the fix."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{message} [{code}]")
        self.code = code
        self.message = message


class Away(Exception):
    """The platform cannot be reached, or it broke off before it answered. Asking again later can help."""


class Platform(Protocol):
    """What a scientist can do: call a tool, and send a file to an address that a tool gave."""

    async def call(self, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """The tool's structured answer. Raises `Refused`, or `Away` when patience has ended."""
        ...

    async def put(self, url: str, headers: dict[str, str], content: bytes) -> None:
        """Send a file. One that is there already is there. Raises as `call` does."""
        ...


class McpPlatform:
    """A platform's `/mcp`, as whom the token says. Holds no connection between calls."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        patience: float = PATIENCE_SECONDS,
        on_away: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._patience = patience
        self._on_away = on_away

    async def call(self, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """One tool call; waits while the platform is away or asks for a pause."""
        return await self._patiently(lambda: self._call(tool, arguments))

    async def put(self, url: str, headers: dict[str, str], content: bytes) -> None:
        """One upload."""
        await self._patiently(lambda: self._put(url, headers, content))

    async def _patiently(self, act: Callable[[], Awaitable[T]]) -> T:
        until = time.monotonic() + self._patience
        wait = FIRST_WAIT
        while True:
            try:
                return await act()
            except Away as failure:
                if time.monotonic() + wait > until:
                    raise
                self._on_away(str(failure))
            except Refused as refusal:
                pause = _WAIT.search(refusal.message) if refusal.code == "rate_limited" else None
                if pause is None or time.monotonic() + float(pause[1]) > until:
                    raise
                wait = float(pause[1])
            await asyncio.sleep(wait)
            wait = min(wait * 2, LONGEST_WAIT)

    async def _call(self, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        statuses: list[int] = []  # the SDK keeps the status of a failed answer to itself

        async def note(response: httpx2.Response) -> None:
            statuses.append(response.status_code)

        http = httpx2.AsyncClient(
            headers=self._headers, timeout=CALL_SECONDS, trust_env=False, event_hooks={"response": [note]}
        )
        try:
            async with AsyncExitStack() as stack:
                await stack.enter_async_context(http)
                transport = streamable_http_client(self._url, http_client=http)
                client = await stack.enter_async_context(Client(transport, client_info=NAME))
                result = await client.call_tool(tool, arguments)
        except* (httpx2.HTTPError, OSError, MCPError, TimeoutError) as failures:
            raise _translated(failures, self._url, statuses[-1] if statuses else 0) from failures
        return _answer(result)

    async def _put(self, url: str, headers: dict[str, str], content: bytes) -> None:
        try:
            async with httpx2.AsyncClient(timeout=CALL_SECONDS, trust_env=False) as http:
                response = await http.put(url, content=content, headers=headers)
        except httpx2.HTTPError as failure:
            raise Away(f"{url.partition('?')[0]}: {failure!r}") from failure
        if response.status_code >= 500:
            raise Away(f"The upload was answered with HTTP {response.status_code}.")
        if response.is_success:
            return
        said = response.json() if "json" in response.headers.get("Content-Type", "") else {}
        code = said.get("code", f"http_{response.status_code}")
        if code != "upload_received":
            raise Refused(code, said.get("detail", "The upload was refused."))


def _answer(result: CallToolResult) -> dict[str, Any]:
    if not result.is_error:
        return result.structured_content or {}
    text = " ".join(part.text for part in result.content if isinstance(part, TextContent))
    found = _REFUSAL.match(text)
    code, message = (found["code"], found["message"]) if found else ("refused", text)
    raise _refusal(code, message)


def _translated(failures: BaseExceptionGroup[Exception], url: str, status: int) -> Exception:
    """What a broken call means: refused, or nobody there, as behind a proxy whose server is away."""
    every = list(_leaves(failures))
    answered = next((failure for failure in every if isinstance(failure, MCPError)), None)
    data = answered.error.data if answered and isinstance(answered.error.data, dict) else {}
    if answered and "code" in data:
        return _refusal(str(data["code"]), answered.error.message)
    if answered is None or status >= 500:
        return Away(f"{url} cannot be reached: {f'HTTP {status}' if status >= 500 else repr(every[0])}")
    message = f"{url} answered HTTP {status}: {answered.error.message}. Fix: Give the address of a platform's /mcp."
    return Refused("protocol", message)


def _refusal(code: str, text: str) -> Exception:
    """The refusal in `code: message`; some of them end by themselves."""
    return Away(text) if code in PASSING else Refused(code, text.removeprefix(f"{code}: "))


def _leaves(failure: BaseException) -> list[BaseException]:
    if isinstance(failure, BaseExceptionGroup):
        return [leaf for inner in failure.exceptions for leaf in _leaves(inner)]
    return [failure]
