"""Submitting works and versions of them, finding them, and reading one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from litestar import Response
from msgspec import Meta, Struct, structs

from aixiv.deps import Deps
from aixiv.domain.errors import (
    AixivError,
    IdempotencyConflict,
    StaleBase,
    UnreadableFile,
)
from aixiv.domain.paper import Status
from aixiv.domain.people import Action, Actor, Subject, may
from aixiv.queries.listings import Filter, Page, list_papers
from aixiv.queries.papers import PaperCard, VersionCard
from aixiv.usecases.submit import (
    PaperMetadata,
    Submitted,
    VersionMetadata,
    submissions_left,
    submit_paper,
    submit_version,
)
from aixiv.web.api.lookup import find, find_to_change, sees_own
from aixiv.web.cache import as_json, conditional
from aixiv.web.errors import Call
from aixiv.web.limits import limit_headers
from aixiv.web.metrics import Metrics
from aixiv.web.operation import Operation, operation
from aixiv.web.receive import read_query, received
from aixiv.web.repeat import key_of
from review.manuscript import Kind

ACCEPTED_HEADERS = {
    "Location": "Address of the version",
    "RateLimit-Limit": "Versions a day",
    "RateLimit-Remaining": "Versions left today",
    "RateLimit-Reset": "Seconds until the count starts again",
}

Words = Annotated[str, Meta(max_length=500, description="Words to look for; quotes and a minus sign work")]
Category = Annotated[str, Meta(max_length=200, description="A category; everything below it counts")]
Author = Annotated[str, Meta(max_length=200, description="Part of an author's name")]
Since = Annotated[
    datetime,
    Meta(
        description="Submitted at or after this time, or this day (YYYY-MM-DD)",
        extra_json_schema={"format": "date-time"},
    ),
]
Limit = Annotated[int, Meta(ge=1, le=100, description="How many on a page")]
Cursor = Annotated[str, Meta(max_length=500, description="Where to go on: `next` of the page before")]


class ListPapers(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a list is narrowed to."""

    query: Words = ""
    kind: Kind | None = None
    category: Category = ""
    author: Author = ""
    status: Status | None = None
    since: Since | None = None
    mine: Annotated[bool, Meta(description="Only works of whoever asks")] = False
    sort: Literal["newest", "oldest", "relevance"] = "newest"
    cursor: Cursor = ""
    limit: Limit = 20


class SearchPapers(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Words to look for, best match first."""

    q: Words
    kind: Kind | None = None
    category: Category = ""
    author: Author = ""
    status: Status | None = None
    since: Since | None = None
    cursor: Cursor = ""
    limit: Limit = 20


@operation(
    "POST",
    "/papers",
    Operation(
        id="submitPaper",
        summary="Submit a work",
        tag="submission",
        access="signed in",
        writes=True,
        status=202,
        form=PaperMetadata,
        returns=VersionCard,
        response_headers=ACCEPTED_HEADERS,
        errors=(UnreadableFile, IdempotencyConflict),
    ),
)
async def submit(request: Call, deps: Deps, metrics: Metrics, actor: Actor) -> Response[bytes]:
    """Send a manuscript (PDF, Markdown, LaTeX, or LaTeX sources in a zip or tar.gz) with its metadata.

    It is read, screened and reviewed in the background; follow it at /papers/{paper}/events. Needs papers:submit.
    """
    may(actor, Action.SUBMIT)  # before the file is received
    async with _counted(metrics), received(request, PaperMetadata, deps.settings.max_upload_bytes) as (meta, upload):
        done = await submit_paper(deps, actor, meta, upload, key=key_of(request))
    return await _accepted(deps, actor, done)


@operation(
    "POST",
    "/papers/{paper:str}/versions",
    Operation(
        id="submitVersion",
        summary="Submit a revision",
        tag="submission",
        access="signed in",
        writes=True,
        status=202,
        form=VersionMetadata,
        returns=VersionCard,
        response_headers=ACCEPTED_HEADERS,
        errors=(UnreadableFile, StaleBase, IdempotencyConflict),
    ),
)
async def revise(request: Call, paper: str, deps: Deps, metrics: Metrics, actor: Actor) -> Response[bytes]:
    """Send a new version of a work, based on its latest one, with an answer to the review.

    `base_version` is the number of the version it replaces; `response_letter.answers` answers findings by their id.
    Fields of the metadata that are left out stay as they were. Needs papers:submit.
    """
    may(actor, Action.REVISE, Subject(owner_id=actor.user_id))
    named = await find_to_change(deps, actor, paper)
    may(actor, Action.REVISE, Subject(owner_id=actor.user_id if named.paper.mine else None))
    async with _counted(metrics), received(request, VersionMetadata, deps.settings.max_upload_bytes) as (meta, upload):
        done = await submit_version(deps, actor, named.paper.id, meta, upload, key=key_of(request))
    return await _accepted(deps, actor, done)


@operation(
    "GET",
    "/papers",
    Operation(
        id="listPapers",
        summary="List works",
        tag="reading",
        access="anybody",
        query=ListPapers,
        returns=Page,
        conditional=True,
        response_headers={"Link": "The next page, as rel=next"},
    ),
)
async def list_all(request: Call, deps: Deps, actor: Actor) -> Response[bytes]:
    """The newest version that you may see of each work, page by page."""
    return await _page(request, deps, actor, _filter(read_query(request, ListPapers)))


@operation(
    "GET",
    "/search",
    Operation(
        id="searchPapers",
        summary="Search works",
        tag="reading",
        access="anybody",
        query=SearchPapers,
        returns=Page,
        conditional=True,
        response_headers={"Link": "The next page, as rel=next"},
    ),
)
async def search(request: Call, deps: Deps, actor: Actor) -> Response[bytes]:
    """Works whose title, abstract or text match, best first."""
    asked = read_query(request, SearchPapers)
    return await _page(request, deps, actor, structs.replace(_filter(asked), query=asked.q, sort="relevance"))


@operation(
    "GET",
    "/papers/{paper:str}",
    Operation(
        id="getPaper",
        summary="Read about a work",
        tag="reading",
        access="anybody",
        returns=PaperCard,
        conditional=True,
    ),
)
async def read(request: Call, paper: str, deps: Deps, actor: Actor) -> Response[bytes]:
    """A work with all versions that you may see, newest first. `status` of a version says where it stands."""
    named = await find(deps, actor, paper)
    return conditional(request, named.paper)


def _filter(asked: ListPapers | SearchPapers) -> Filter:
    given = structs.asdict(asked)
    given.pop("q", None)
    if asked.since is not None and asked.since.tzinfo is None:
        given["since"] = asked.since.replace(tzinfo=UTC)
    return Filter(**given)


async def _page(request: Call, deps: Deps, actor: Actor, asked: Filter) -> Response[bytes]:
    key = deps.settings.secret_key.get_secret_value().encode()
    async with deps.database.read() as session:
        page = await list_papers(session, actor, asked, key=key)
    return conditional(request, page, headers=_next_link(request, deps, page.next))


def _next_link(request: Call, deps: Deps, cursor: str | None) -> dict[str, str]:
    if cursor is None:
        return {}
    query: list[tuple[str, Any]] = [(k, v) for k, v in request.query_params.multi_items() if k != "cursor"]
    address = f"{deps.settings.address}{request.url.path}?{urlencode([*query, ('cursor', cursor)])}"
    return {"Link": f'<{address}>; rel="next"'}


async def _accepted(deps: Deps, actor: Actor, done: Submitted) -> Response[bytes]:
    named = await find(deps, sees_own(actor), str(done.paper_id))
    card = next(version for version in named.paper.versions if version.n == done.n)
    left = await submissions_left(deps, actor)
    location = {"Location": f"/api/v1/papers/{done.paper_id}/versions/{done.n}"}
    return as_json(card, headers=location | limit_headers(left))


@asynccontextmanager
async def _counted(metrics: Metrics) -> AsyncIterator[None]:
    """Counts a refusal by its code."""
    try:
        yield
    except AixivError as refusal:
        metrics.refused(refusal.code)
        raise
