"""What a scientist makes of an address that does not answer as a platform would."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from agents.scientist.door import Away, McpPlatform, Refused

pytestmark = pytest.mark.anyio


class Proxy(BaseHTTPRequestHandler):
    """Answers every request with the status in its path, as JSON-RPC where the path names a code of ours."""

    def do_POST(self) -> None:
        """One answer."""
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        status, _, code = self.path.strip("/").partition("/")
        error = {"code": -32600, "message": f"{code}: What is wrong. Fix: What to do.", "data": {"code": code}}
        said = json.dumps({"jsonrpc": "2.0", "id": sent.get("id"), "error": error}) if code else "<h1>Oh</h1>"
        self.send_response(int(status))
        self.send_header("Content-Type", "application/json" if code else "text/html")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said.encode())

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def proxy() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


async def test_a_server_that_is_away_behind_a_proxy_is_waited_for_and_a_wrong_address_is_not(proxy: str) -> None:
    for path, said in (("502", "HTTP 502"), ("504", "HTTP 504"), ("503/database_unavailable", "What is wrong")):
        with pytest.raises(Away, match=said):
            await McpPlatform(f"{proxy}/{path}", "", patience=0).call("my_work", {})
    for path, code, said in (
        ("405", "protocol", f"{proxy}/405 answered HTTP 405.*Fix: Give the address of a platform's /mcp"),
        ("404", "protocol", "HTTP 404.*Fix: Give the address"),
        ("401/token_expired", "token_expired", "^What is wrong. Fix: What to do. \\[token_expired\\]$"),
    ):
        with pytest.raises(Refused, match=said) as refused:
            await McpPlatform(f"{proxy}/{path}", "", patience=60).call("my_work", {})
        assert refused.value.code == code
