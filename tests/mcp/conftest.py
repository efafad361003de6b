"""The application with `/mcp` over real HTTP, PostgreSQL and S3; the official SDK's client knocks at it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from aixiv.deps import Deps, Parse
from aixiv.domain.people import Scope
from mcp_server.app import with_mcp
from review.manuscript import SourceFormat
from tests.mcp.talk import Somebody
from tests.web.conftest import parse, reviewer
from tests.web.door import Door, served

__all__ = ["parse", "reviewer"]


@pytest.fixture
async def door(deps: Deps, parse: Parse) -> AsyncIterator[Door]:
    """A served platform with `/mcp`, which refuses at the door what the parser cannot read."""

    async def preflight(path: Path, filename: str) -> SourceFormat:
        return (await parse(path, filename)).manuscript.source

    async with served(replace(deps, preflight=preflight), with_mcp) as platform:
        yield platform


@pytest.fixture
async def author(door: Door) -> Somebody:
    """An author whose agent may do everything an agent may but review."""
    scopes = (Scope.PAPERS_READ, Scope.PAPERS_SUBMIT, Scope.COMMENTS_WRITE, Scope.PAPERS_PUBLISH)
    return await door.somebody("ada", scopes=scopes)


@pytest.fixture
async def stranger(door: Door) -> Somebody:
    """Somebody with a token, who has nothing to do with anything."""
    return await door.somebody("strange")
