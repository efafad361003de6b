"""A real service on a tiny random checkpoint, in a thread, shared by the tests of a worker."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from inference.serve import Options, Server, application
from inference.tools.random_checkpoint import SIZES, write

NAME = "tiny"
KEY = "a key for tests"


def checkpoint(folder: Path) -> Path:
    """A Qwen3 of two layers that says noise."""
    write(folder, SIZES["tiny-qwen3"], dtype="float32")
    return folder


@contextmanager
def serving(options: Options, *, api_key: str = "", grace: float = 4) -> Iterator[str]:
    """The service's address, while it runs."""
    server = Server(application(options, api_key), grace=grace)
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join()
