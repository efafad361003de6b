"""Raw requests of the newest revision."""

from typing import Any

import httpx2


class Modern:
    """Raw requests of 2026-07-28 by a client that speaks tasks, or does not."""

    def __init__(self, http: httpx2.AsyncClient, *, tasks: bool = True) -> None:
        self._http = http
        extensions: dict[str, Any] = {"extensions": {"io.modelcontextprotocol/tasks": {}}} if tasks else {}
        self._meta = {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": extensions,
        }

    async def __call__(self, method: str, about: str, /, **params: Any) -> Any:
        headers = {
            "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": "2026-07-28",
            "Mcp-Method": method,
            "Mcp-Name": about,
        }
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": {**params, "_meta": self._meta}}
        return (await self._http.post("/mcp", json=body, headers=headers)).json()
