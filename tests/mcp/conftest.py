"""The application with `/mcp` over real HTTP, PostgreSQL and S3; the official SDK's client knocks at it.

One platform serves the tests of a module, so a test looks at what is its own: its people, its papers, what has changed.
"""

from collections.abc import AsyncIterator
from itertools import count

import pytest
from pydantic import SecretStr

from agents.judges.evidence import EvidenceJudge
from agents.run import GraphReviewer
from aixiv.bootstrap import parse_limits
from aixiv.db import Database
from aixiv.deps import Deps
from aixiv.domain.people import Scope
from aixiv.queue import Deferrer, make_queue
from aixiv.settings import Settings
from aixiv.storage import Blobs
from aixiv.text import Readers
from mcp_server.app import with_mcp
from tests.fixtures.deps import Clock, WordEmbedder, look
from tests.fixtures.services import REGION, Services
from tests.mcp.talk import Somebody
from tests.web.door import Door, served

_people = count()


@pytest.fixture(scope="module")
def settings(
    module_database_url: str, blobs: Blobs, services: Services, tmp_path_factory: pytest.TempPathFactory
) -> Settings:
    """Settings of a platform on a fresh migrated database and this worker's bucket."""
    return Settings(
        home=tmp_path_factory.mktemp("home"),
        secret_key=SecretStr("a key for tests only, long enough to be one"),
        database_url=module_database_url,
        s3_endpoint=blobs.endpoint,
        s3_bucket=blobs.bucket,
        s3_region=REGION,
        s3_access_key=SecretStr(services.access_key),
        s3_secret_key=SecretStr(services.secret_key),
    )


@pytest.fixture(scope="module")
async def door(settings: Settings, blobs: Blobs) -> AsyncIterator[Door]:
    """A served platform with `/mcp`, the real parser and the judge that needs no model."""
    readers = Readers(parse_limits(settings), at_once=2, loads="judging")
    database = Database(settings.database_url, defer=Deferrer(make_queue(settings.database_url)))
    deps = Deps(
        settings=settings,
        database=database,
        blobs=blobs,
        reviewer=GraphReviewer(EvidenceJudge()),
        embedder=WordEmbedder(),
        parse=readers.parse,
        judge=readers.judge,
        preflight=look,
        crop=readers.crop,
        clock=Clock(),
    )
    async with served(deps, with_mcp) as platform:
        yield platform
    await readers.close()
    await database.close()


@pytest.fixture
async def author(door: Door) -> Somebody:
    """An author whose agent may do everything an agent may but review."""
    scopes = (Scope.PAPERS_READ, Scope.PAPERS_SUBMIT, Scope.COMMENTS_WRITE, Scope.PAPERS_PUBLISH)
    return await door.somebody(f"ada{next(_people)}", scopes=scopes)


@pytest.fixture
async def stranger(door: Door) -> Somebody:
    """Somebody with a token, who has nothing to do with anything."""
    return await door.somebody(f"strange{next(_people)}")
