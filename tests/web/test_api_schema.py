"""The OpenAPI document: every operation described, and every answer to generated requests as it says."""

from contextlib import suppress
from typing import Any
from uuid import UUID

import pytest
import schemathesis
from anyio import to_thread
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from hypothesis.strategies import SearchStrategy, booleans
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from aixiv.db.paper import Version
from aixiv.domain.paper import Status
from tests.web.door import Door, Somebody, form

pytestmark = pytest.mark.anyio

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES = 4
"""Requests per operation, right ones and as many wrong ones."""


async def test_every_operation_is_described(door: Door) -> None:
    document = (await door.http.get("/schema/openapi.json")).json()
    told = [operation for methods in document["paths"].values() for operation in methods.values()]
    assert len({operation["operationId"] for operation in told}) == len(told)
    for operation in told:
        assert operation["summary"], operation["operationId"]
        assert operation["description"], operation["operationId"]
        assert "401" in operation["responses"], operation["operationId"]
    page = await door.http.get("/schema", headers={"Accept": "text/html"})
    assert all(operation["operationId"] in page.text for operation in told)


@pytest.fixture
async def paper(door: Door, author: Somebody) -> str:
    """A work that was read and reviewed, and is public."""
    mine = await door.of(author.bearer)
    card = (await mine.post("/api/v1/papers", files=form())).json()
    await door.run_jobs()
    async with door.deps.database.write() as tx:
        version = await tx.session.get_one(Version, UUID(card["id"]))
        version.status, version.published_at = Status.PUBLISHED.value, door.deps.clock()
    return str(card["paper_id"])


async def test_answers_are_what_the_document_says(door: Door, author: Somebody, paper: str) -> None:
    document = (await door.http.get("/schema/openapi.json")).json()
    await to_thread.run_sync(try_everything, document, door.url, author.session, paper)


def try_everything(document: dict[str, Any], url: str, headers: dict[str, str], paper: str) -> None:
    """Generated requests to every operation, right and wrong ones, half of them about a work that exists."""
    tried = 0
    for found in schemathesis.openapi.from_dict(document).get_all_operations():
        operation = found.ok()
        knock(operation.as_strategy(generation_mode=GenerationMode.POSITIVE), url, headers, paper)
        with suppress(Unsatisfiable):  # a route that takes any word in its address cannot be asked wrongly
            knock(operation.as_strategy(generation_mode=GenerationMode.NEGATIVE), url, headers, paper)
        tried += 1
    assert tried > 30


def knock(requests: SearchStrategy[Any], url: str, headers: dict[str, str], paper: str) -> None:
    @seed(1)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(requests, booleans())
    def one(case: Any, known: bool) -> None:
        if known and "paper" in case.path_parameters:
            case.path_parameters["paper"] = paper
        case.call_and_validate(base_url=url, headers=headers, checks=CHECKS)

    one()
