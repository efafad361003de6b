"""Talking to `/mcp` as a client does: the official SDK over real HTTP, in both protocol eras."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Literal

import httpx2
import jsonschema
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import TextContent

from mcp_server.calling import tool_named
from tests.web.door import TEXT, Door, Somebody

MOST = 60_000  # characters of an answer
Era = Literal["auto", "legacy"]
__all__ = ["Era", "Refused", "Somebody", "Talk", "new_paper", "talking"]


class Refused(Exception):
    """A tool's error, with its text."""


class Talk:
    """One client's conversation."""

    def __init__(self, client: Client) -> None:
        self.client = client

    async def __call__(self, tool: str, **arguments: Any) -> Any:
        """Call a tool. Its two answers, for programs and for models, say the same, are bounded, and fit its schema."""
        result = await self.client.call_tool(tool, arguments)
        (content,) = result.content
        assert isinstance(content, TextContent)
        if result.is_error:
            raise Refused(content.text)
        assert json.loads(content.text) == result.structured_content
        assert len(content.text) <= MOST
        known = tool_named(tool)
        assert known is not None
        jsonschema.validate(result.structured_content, known.listed.output_schema)
        return result.structured_content

    async def follow(self, action: dict[str, Any], **filled_in: Any) -> Any:
        """Do what an answer proposed, literally."""
        assert set(action.get("fill_in", ())) <= set(filled_in)
        return await self(action["tool"], **action["arguments"], **filled_in)


@asynccontextmanager
async def talking(door: Door, somebody: Somebody | None = None, era: Era = "auto") -> AsyncIterator[Talk]:
    """A client with this person's agent's token, or without one."""
    headers = somebody.bearer if somebody else {}
    async with httpx2.AsyncClient(headers=headers, timeout=60.0) as http:
        transport = streamable_http_client(f"{door.url}/mcp", http_client=http)
        async with Client(transport, mode=era) as client:
            yield Talk(client)


def new_paper(key: str = "first", **changes: Any) -> dict[str, Any]:
    """Arguments of submit_paper."""
    return {
        "manuscript": TEXT.decode(),
        "format": "markdown",
        "authors": [{"name": "Prospector", "kind": "ai", "model": "toy 1", "operator": "Test Lab"}],
        "categories": ["Computer science"],
        "idempotency_key": key,
    } | changes
