"""Fixtures for every test: real PostgreSQL, real S3, both started once a run (tests/fixtures/services.py)."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from aixiv.settings import Settings
from aixiv.storage import Blobs
from tests.fixtures.services import REGION, Services, joined, run_folder

pytest_plugins = ("tests.fixtures.postgres", "tests.fixtures.s3", "tests.fixtures.deps")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Asynchronous tests (`pytest.mark.anyio`) run on asyncio."""
    return "asyncio"


@pytest.fixture(scope="session")
def services() -> Iterator[Services]:
    """The run's PostgreSQL and S3 endpoint."""
    with joined(run_folder()) as running:
        yield running


@pytest.fixture
def settings(database_url: str, blobs: Blobs, services: Services, tmp_path: Path) -> Settings:
    """Settings of a platform on a fresh migrated database and this worker's bucket, with its home in `tmp_path`."""
    return Settings(
        home=tmp_path / "home",
        secret_key=SecretStr("a key for tests only, long enough to be one"),
        database_url=database_url,
        s3_endpoint=blobs.endpoint,
        s3_bucket=blobs.bucket,
        s3_region=REGION,
        s3_access_key=SecretStr(services.access_key),
        s3_secret_key=SecretStr(services.secret_key),
    )
