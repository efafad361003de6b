"""One client that keeps its connection: MCP calls of the newest revision as plain requests, and REST beside them."""

from typing import Any

import httpx2

REVISION = "2026-07-28"
META = {
    "io.modelcontextprotocol/protocolVersion": REVISION,
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": {"name": "bench", "version": "1"},
}


class Refused(Exception):
    """An answer that is no answer; the measurement would be of something else."""


class Client:
    """What one agent does. Synchronous: each runs in a thread of its own."""

    def __init__(self, address: str, token: str) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        self._http = httpx2.Client(base_url=address, headers=headers, timeout=60.0, trust_env=False)

    def ask(self, method: str, about: str = "", /, **params: Any) -> tuple[dict[str, Any], int]:
        """The result of a method and how many characters its answer has."""
        headers = {
            "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": REVISION,
            "Mcp-Method": method,
        }
        if about:
            headers["Mcp-Name"] = about
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params | {"_meta": META}}
        answer = self._http.post("/mcp", json=body, headers=headers)
        said = answer.json()
        if "result" not in said or said["result"].get("isError"):
            raise Refused(f"{method} {about}: HTTP {answer.status_code} {answer.text[:300]}")
        return said["result"], len(answer.text)

    def tool(self, name: str, **arguments: Any) -> dict[str, Any]:
        """What a tool answers."""
        found: dict[str, Any] = self.call(name, arguments)[0]["structuredContent"]
        return found

    def call(self, name: str, arguments: dict[str, Any]) -> tuple[dict[str, Any], int]:
        """A tool's whole result, and the characters of its text."""
        result, _ = self.ask("tools/call", name, name=name, arguments=arguments)
        return result, len(result["content"][0]["text"])

    def get(self, path: str) -> int:
        """A read through REST; the characters of its answer."""
        answer = self._http.get(f"/api/v1{path}")
        if not answer.is_success:
            raise Refused(f"{path}: HTTP {answer.status_code} {answer.text[:300]}")
        return len(answer.text)

    def post(self, path: str, body: dict[str, Any], key: str) -> int:
        """A write through REST."""
        answer = self._http.post(f"/api/v1{path}", json=body, headers={"Idempotency-Key": key})
        if not answer.is_success:
            raise Refused(f"{path}: HTTP {answer.status_code} {answer.text[:300]}")
        return len(answer.text)
