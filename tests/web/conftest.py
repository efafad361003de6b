"""The application over real HTTP, PostgreSQL and S3, with the real parser and the judge that needs no model."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from agents.judges.evidence import EvidenceJudge
from agents.port import Reviewer
from agents.run import GraphReviewer
from aixiv.deps import Deps, Parse
from aixiv.domain.people import Role, Scope
from aixiv.text import Readers
from tests.web.door import Door, Somebody, served


@pytest.fixture
def reviewer() -> Reviewer:
    return GraphReviewer(EvidenceJudge())


@pytest.fixture
def parse(readers: Readers) -> Parse:
    return readers.parse


@pytest.fixture
async def door(deps: Deps, readers: Readers) -> AsyncIterator[Door]:
    """A served platform that refuses at the door what the parser cannot read."""
    async with served(replace(deps, preflight=readers.look)) as platform:
        yield platform


@pytest.fixture
async def author(door: Door) -> Somebody:
    """An author; their agent may do everything an agent may but review."""
    scopes = (Scope.PAPERS_READ, Scope.PAPERS_SUBMIT, Scope.COMMENTS_WRITE, Scope.PAPERS_PUBLISH)
    return await door.somebody("ada", scopes=scopes)


@pytest.fixture
async def editor(door: Door) -> Somebody:
    return await door.somebody("edith", Role.EDITOR)


@pytest.fixture
async def referee(door: Door) -> Somebody:
    """A reviewer."""
    return await door.somebody("rita", Role.REVIEWER, scopes=(Scope.PAPERS_READ, Scope.REVIEWS_WRITE))


@pytest.fixture
async def stranger(door: Door) -> Somebody:
    """Signed in, with nothing to do with anything."""
    return await door.somebody("strange")
