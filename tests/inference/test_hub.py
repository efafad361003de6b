"""Downloads from a hub that breaks off, lies or is away."""

import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from inference.hub import Hub, HubRefused, HubUnreachable

WEIGHTS = bytes(range(256)) * 4096
CONFIG = b'{"model_type": "qwen3"}'
POOLING = b'{"pooling_mode_lasttoken": true}'


class FakeHub(ThreadingHTTPServer):
    """Hugging Face's paths over three files; every answer with weights breaks off after a third of what is asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files = {"model.safetensors": WEIGHTS, "config.json": CONFIG, "1_Pooling/config.json": POOLING}
        self.files |= {"original/model.pth": b"x", "onnx/config.json": b"x", "x.bin": b"x", "../config.json": b"x"}
        self.promised = hashlib.sha256(WEIGHTS).hexdigest()
        self.asked: list[str] = []
        self.breaks = True

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: FakeHub

    def log_message(self, *_words: object) -> None:
        pass

    def do_GET(self) -> None:
        if self.path.startswith("/api/models/org/tiny"):
            self._send(200, json.dumps({"sha": "main1", "siblings": [*map(self._listed, self.server.files)]}).encode())
        elif self.path.startswith("/org/tiny/resolve/main1/"):
            self._file(self.server.files[self.path.removeprefix("/org/tiny/resolve/main1/")])
        else:
            self._send(404, b"{}")

    def _listed(self, name: str) -> dict[str, object]:
        data = self.server.files[name]
        git = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
        large = {"lfs": {"sha256": self.server.promised}} if name.endswith(".safetensors") else {}
        return {"rfilename": name, "size": len(data), "blobId": git, **large}

    def _file(self, data: bytes) -> None:
        asked = self.headers.get("Range", "")
        self.server.asked.append(asked)
        rest = data[int(asked.removeprefix("bytes=").rstrip("-")) :] if asked else data
        self.send_response(206 if asked else 200)
        self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        self.wfile.write(rest[: len(rest) // 3] if self.server.breaks and len(rest) > 100_000 else rest)
        self.close_connection = True

    def _send(self, status: int, data: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    with FakeHub() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def nothing(_name: str, _there: int, _size: int) -> None:
    return


def test_a_broken_download_goes_on_where_it_stopped(hub: FakeHub, tmp_path: Path) -> None:
    seen: list[tuple[str, int]] = []
    client = Hub(hub.address, wait=0)
    folder = client.download("org/tiny", tmp_path, lambda name, there, _size: seen.append((name, there)))
    assert folder == tmp_path / "org--tiny"
    assert {path.name for path in folder.iterdir()} == {"model.safetensors", "config.json", "1_Pooling"}
    assert (folder / "1_Pooling" / "config.json").read_bytes() == POOLING
    assert (folder / "model.safetensors").read_bytes() == WEIGHTS
    starts = [int(asked.removeprefix("bytes=").rstrip("-")) for asked in hub.asked if asked]
    assert len(starts) > 2
    assert starts == sorted(starts)
    assert starts[0] >= len(WEIGHTS) // 3 - 1
    assert seen[-1] == ("1_Pooling/config.json", len(POOLING))
    before = len(hub.asked)
    client.download("org/tiny", tmp_path, nothing)
    assert len(hub.asked) == before, "what is whole was asked for again"


def test_damage_and_refusals_are_told(hub: FakeHub, tmp_path: Path) -> None:
    hub.breaks = False
    hub.promised = "0" * 64
    with pytest.raises(HubRefused, match="damaged"):
        Hub(hub.address, wait=0).download("org/tiny", tmp_path, nothing)
    assert not (tmp_path / "org--tiny" / "model.safetensors").exists()
    with pytest.raises(HubRefused, match="AIXIV_HUB_TOKEN"):
        Hub(hub.address, wait=0).download("org/other", tmp_path, nothing)
    with pytest.raises(HubRefused, match="no hub id"):
        Hub(hub.address, wait=0).download("../etc", tmp_path, nothing)


def test_a_hub_that_is_away_is_said_with_what_helps(tmp_path: Path) -> None:
    with pytest.raises(HubUnreachable, match="AIXIV_HUB_URL"):
        Hub("http://127.0.0.1:9", wait=0).download("org/tiny", tmp_path, nothing)
