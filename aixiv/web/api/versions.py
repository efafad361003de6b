"""One version: its record, its file and text, and everything the platform and its reviewers did with it."""

import base64
import hashlib
import tempfile
from pathlib import Path
from typing import Any, Generic, TypeVar
from urllib.parse import quote

import msgspec
from litestar import Response
from litestar.response import Stream
from msgspec import Struct

from aixiv.deps import Deps
from aixiv.domain.errors import Gone, NotFound
from aixiv.domain.paper import Status
from aixiv.domain.people import Actor
from aixiv.queries import papers, reviews
from aixiv.queries.papers import VersionCard, version_of
from aixiv.queries.reviews import CommentCard, DecisionCard, ReportCard, RunCard, ScreeningCard
from aixiv.text import Unreadable
from aixiv.usecases.ingest import MAX_PARSED_BYTES
from aixiv.web.api.lookup import find
from aixiv.web.cache import KEPT, client_has, conditional
from aixiv.web.errors import Call
from aixiv.web.operation import Operation, operation
from review.layout import Box
from review.manuscript import Float, Manuscript, Reference, Section
from review.report import Ballot, Comparison, ResponseLetter

T = TypeVar("T")
PATH = "/papers/{paper:str}/versions/{n:int}"
PICTURE = 1  # of the way pictures of findings are drawn; part of their ETag
TOMBSTONE = {"Aixiv-Status": "The version's status, on files of works that were retracted"}


class Items(Struct, Generic[T], frozen=True):
    """A complete list."""

    items: tuple[T, ...]


class TextDocument(Struct, frozen=True, kw_only=True):
    """What a version says. Every offset counts characters (Unicode code points) in `text`."""

    title: str
    abstract: str
    text: str
    sections: tuple[Section, ...]
    references: tuple[Reference, ...]
    floats: tuple[Float, ...]
    warnings: tuple[str, ...]


class _Stored(Struct):
    """The part of a stored parse that is text; its layout is not decoded."""

    manuscript: Manuscript


def _reading(name: str, summary: str, returns: Any, **more: Any) -> Operation:
    return Operation(
        id=name, summary=summary, tag="versions", access="anybody", returns=returns, conditional=True, **more
    )


@operation("GET", PATH, _reading("getVersion", "Read about a version", VersionCard))
async def record(request: Call, paper: str, n: int, deps: Deps, actor: Actor) -> Response[bytes]:
    """The card of one version. A work that was taken back keeps its record, with the reason in `status_reason`."""
    return conditional(request, await _version(deps, actor, paper, n))


@operation(
    "GET",
    f"{PATH}/manuscript",
    _reading(
        "getManuscript",
        "Download the file",
        None,
        produces=("application/pdf", "text/markdown", "application/x-tex"),
        response_headers=TOMBSTONE,
        errors=(Gone,),
    ),
)
async def manuscript(request: Call, paper: str, n: int, deps: Deps, actor: Actor) -> Response[Any]:
    """The very file that was submitted, named by its SHA-256 in ETag. A withdrawn version has none (410)."""
    version = _kept(await _version(deps, actor, paper, n))
    headers = {**KEPT, "ETag": f'"{version.file_sha256}"', "Content-Security-Policy": "sandbox; default-src 'none'"}
    if version.status is Status.RETRACTED:
        headers["Aixiv-Status"] = version.status.value
    if client_has(request, headers["ETag"]):
        return Response(b"", status_code=304, headers=headers)
    digest = base64.b64encode(bytes.fromhex(version.file_sha256)).decode()
    headers |= {
        "Content-Length": str(version.file_size),
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(version.file_name, safe='')}",
        "Repr-Digest": f"sha-256=:{digest}:",
    }
    return Stream(await deps.blobs.open(version.file_sha256), media_type=version.media_type, headers=headers)


@operation(
    "GET", f"{PATH}/text", _reading("getText", "Read the text", TextDocument, produces=("text/plain",), errors=(Gone,))
)
async def text(request: Call, paper: str, n: int, deps: Deps, actor: Actor) -> Response[bytes]:
    """What was read from the file: the text with sections, references, figures and tables, or with
    `Accept: text/plain` the text alone."""
    version = _kept(await _version(deps, actor, paper, n))
    async with deps.database.read() as session:
        sha256 = await papers.parsed_sha256(session, version)
    if sha256 is None:
        raise NotFound(
            f"Version {n} has not been read.", code="no_text", hint="Wait, or look at its status for the reason."
        )
    stored = msgspec.json.decode(await deps.blobs.get_bytes(sha256, MAX_PARSED_BYTES), type=_Stored).manuscript
    if request.headers.get("accept", "").startswith("text/plain"):
        return Response(stored.text.encode(), media_type="text/plain", headers=KEPT)
    shown = {field: getattr(stored, field) for field in TextDocument.__struct_fields__}
    return conditional(request, TextDocument(**shown))


@operation("GET", f"{PATH}/screening", _reading("getScreening", "Screen and checks", ScreeningCard))
async def screening(request: Call, paper: str, n: int, deps: Deps, actor: Actor) -> Response[bytes]:
    """The injection screen and the deterministic checks of the latest finished run."""
    version = await _version(deps, actor, paper, n)
    async with deps.database.read() as session:
        found = await reviews.screening_of(session, version)
    return conditional(request, _there(found, "screening"))


@operation(
    "GET",
    f"{PATH}/screening/findings/{{finding:int}}/page",
    _reading("getFindingPage", "Where a finding of the screen is", None, produces=("image/png",), errors=(Gone,)),
)
async def finding_page(request: Call, paper: str, n: int, finding: int, deps: Deps, actor: Actor) -> Response[bytes]:
    """A strip of the page with a frame around the place of one finding, counted from 1 in the order of the screening.
    Only a PDF has pages to show, and only findings with `page` and `box` have a place on one."""
    version = _kept(await _version(deps, actor, paper, n))
    async with deps.database.read() as session:
        found = _there(await reviews.screening_of(session, version), "screening").screening.findings
    shown = found[finding - 1] if 1 <= finding <= len(found) else None
    if shown is None or shown.page is None or shown.box is None or version.media_type != "application/pdf":
        raise NotFound(f"Finding {finding} has no place on a page.", code="not_there")
    place = f"{version.file_sha256} {shown.page} {shown.box} {PICTURE}"
    headers = {**KEPT, "ETag": f'"{hashlib.sha256(place.encode()).hexdigest()[:32]}"'}
    if client_has(request, headers["ETag"]):
        return Response(b"", status_code=304, headers=headers)
    picture = await _picture(deps, version, shown.page, shown.box)
    return Response(picture, media_type="image/png", headers=headers)


@operation("GET", f"{PATH}/reviews", _reading("listReviews", "Reviews", Items[ReportCard]))
async def reports(request: Call, paper: str, n: int, deps: Deps, actor: Actor) -> Response[bytes]:
    """Reports of the platform's panel, then those of people and registered agents."""
    version = await _version(deps, actor, paper, n)
    async with deps.database.read() as session:
        return conditional(request, Items(await reviews.reports_of(session, actor, version)))


@operation("GET", f"{PATH}/ballots", _reading("listBallots", "Ballots", Items[Ballot]))
async def ballots(request: Call, paper: str, n: int, deps: Deps, actor: Actor) -> Response[bytes]:
    """Each vote with its reason, model and cost."""
    version = await _version(deps, actor, paper, n)
    async with deps.database.read() as session:
        return conditional(request, Items(await reviews.ballots_of(session, version)))


@operation("GET", f"{PATH}/comparison", _reading("getComparison", "Comparison with the base version", Comparison))
async def comparison(request: Call, paper: str, n: int, deps: Deps, actor: Actor) -> Response[bytes]:
    """The pairwise comparison with the version it replaces, and what became of each earlier finding."""
    version = await _version(deps, actor, paper, n)
    async with deps.database.read() as session:
        found = await reviews.comparison_of(session, version)
    return conditional(request, _there(found, "comparison"))


@operation("GET", f"{PATH}/decisions", _reading("listDecisions", "Decisions", Items[DecisionCard]))
async def decisions(request: Call, paper: str, n: int, deps: Deps, actor: Actor) -> Response[bytes]:
    """Decisions on a version with their reasons, oldest first."""
    version = await _version(deps, actor, paper, n)
    async with deps.database.read() as session:
        return conditional(request, Items(await reviews.decisions_of(session, version)))


@operation("GET", f"{PATH}/runs", _reading("listRuns", "Review runs", Items[RunCard]))
async def runs(request: Call, paper: str, n: int, deps: Deps, actor: Actor) -> Response[bytes]:
    """Review runs of a version with their progress, newest first."""
    version = await _version(deps, actor, paper, n)
    async with deps.database.read() as session:
        return conditional(request, Items(await reviews.runs_of(session, actor, version)))


@operation("GET", f"{PATH}/response", _reading("getResponse", "Response letter", ResponseLetter))
async def response(request: Call, paper: str, n: int, deps: Deps, actor: Actor) -> Response[bytes]:
    """The letter that came with a revision."""
    version = await _version(deps, actor, paper, n)
    async with deps.database.read() as session:
        found = await papers.response_letter(session, version)
    return conditional(request, _there(found, "response letter"))


@operation("GET", f"{PATH}/comments", _reading("listComments", "Discussion", Items[CommentCard]))
async def comments(request: Call, paper: str, n: int, deps: Deps, actor: Actor) -> Response[bytes]:
    """The discussion of a version, oldest first."""
    version = await _version(deps, actor, paper, n)
    async with deps.database.read() as session:
        return conditional(request, Items(await reviews.comments_of(session, actor, version)))


async def _picture(deps: Deps, version: VersionCard, page: int, box: Box) -> bytes:
    with tempfile.TemporaryDirectory(prefix="aixiv-") as scratch:
        path = Path(scratch) / "manuscript"
        await deps.blobs.fetch_to(version.file_sha256, path)
        try:
            return await deps.crop(path, page, box)
        except Unreadable as refusal:
            raise NotFound(f"This page cannot be drawn: {refusal.message}", code="not_there") from refusal


async def _version(deps: Deps, actor: Actor, reference: str, n: int) -> VersionCard:
    named = await find(deps, actor, reference)
    return version_of(named.paper, n)


def _kept(version: VersionCard) -> VersionCard:
    if version.status is Status.WITHDRAWN:
        raise Gone(f"Version {version.n} was withdrawn: {version.status_reason}", code="withdrawn")
    return version


def _there(found: T | None, what: str) -> T:
    if found is None:
        raise NotFound(
            f"This version has no {what}.", code="not_there", hint="It may still be under review: look at its status."
        )
    return found
