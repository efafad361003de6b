"""From submission to publication by tool calls alone: python submit_to_publish.py fastmcp|langchain URL TOKEN WORK.json

It runs in an environment of its own, with that client and nothing of ours.
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

Call = Callable[[str, dict[str, Any]], Awaitable[Any]]


async def settled(call: Call, paper_id: str, key: str) -> Any:
    while True:
        status = await call("get_status", {"paper_id": paper_id, "wait_s": 20})
        if status["state"] == "accepted":
            title = (await call("get_paper", {"paper_id": paper_id}))["title"]
            publish = {"paper_id": paper_id, "confirm_title": title, "idempotency_key": f"publish-{key}"}
            return await call("publish", publish)
        if "poll_after_s" not in status:
            return status


async def flow(call: Call, work: dict[str, Any], name: str) -> Any:
    key = f"{name}-{work['run']}"
    paper = {**work["paper"], "title": f"{work['title']} ({name})"}
    sent = await call("submit_paper", {**paper, "manuscript": work["v1"], "idempotency_key": f"submit-{key}"})
    status = await settled(call, sent["paper_id"], key)
    if status["state"] == "revision_requested":
        revision = {"paper_id": sent["paper_id"], "base_version": 1, "manuscript": work["v2"]}
        letter = {"answers": work["answers"], "response_letter": work["letter"], "idempotency_key": f"revise-{key}"}
        await call("submit_revision", revision | letter)
        status = await settled(call, sent["paper_id"], key)
    return status


async def by_fastmcp(url: str, token: str, work: dict[str, Any]) -> Any:
    from fastmcp import Client

    async with Client(url, auth=token) as client:

        async def call(name: str, arguments: dict[str, Any]) -> Any:
            return (await client.call_tool(name, arguments)).structured_content

        return await flow(call, work, "fastmcp")


async def by_langchain(url: str, token: str, work: dict[str, Any]) -> Any:
    from langchain_mcp_adapters.client import MultiServerMCPClient

    headers = {"Authorization": f"Bearer {token}"}
    server = {"url": url, "transport": "streamable_http", "headers": headers}
    tools = {tool.name: tool for tool in await MultiServerMCPClient({"aixiv": server}).get_tools()}

    async def call(name: str, arguments: dict[str, Any]) -> Any:
        answer = await tools[name].ainvoke(arguments)
        return json.loads(answer if isinstance(answer, str) else answer[0]["text"])

    return await flow(call, work, "langchain")


async def main(which: str, url: str, token: str, work: dict[str, Any]) -> int:
    by = {"fastmcp": by_fastmcp, "langchain": by_langchain}[which]
    status = await by(url, token, work)
    print(f"{which}: {status['state']} {status.get('identifier', '')}")
    return 0 if status["state"] == "published" else 1


if __name__ == "__main__":
    given, address, secret, file = sys.argv[1:]
    sys.exit(asyncio.run(main(given, address, secret, json.loads(Path(file).read_text(encoding="utf-8")))))
