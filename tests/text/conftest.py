"""Short ways to read a document in the tests of ingest."""

from collections.abc import Callable
from pathlib import Path

import pytest

from aixiv.text import Parsed, parse_file

Read = Callable[[str | bytes, str], Parsed]


def read_path(path: Path, *, max_bytes: int = 50 * 2**20, max_pages: int = 100) -> Parsed:
    return parse_file(path, filename=path.name, max_bytes=max_bytes, max_pages=max_pages)


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Reads content under a file name."""

    def read_content(content: str | bytes, name: str) -> Parsed:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_path(path)

    return read_content
