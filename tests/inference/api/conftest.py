"""One service for all tests of a worker."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from inference.serve import Options
from tests.inference.api.live import KEY, NAME, checkpoint, serving


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return checkpoint(tmp_path_factory.mktemp("checkpoint"))


@pytest.fixture(scope="session")
def address(folder: Path) -> Iterator[str]:
    options = Options(model=str(folder), name=NAME, device="cpu", kv_memory=64 * 2**20)
    with serving(options, api_key=KEY) as url:
        yield url
