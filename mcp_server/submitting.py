"""Tools that bring a manuscript in: announce a file, submit a work, send a revision, or rehearse either."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from aixiv.domain.catalog import DEFAULT_TRACK
from aixiv.domain.errors import Invalid
from aixiv.domain.paper import Author
from aixiv.domain.people import Action, Scope, Subject, may
from aixiv.queries import reviews
from aixiv.queries.papers import PaperCard, VersionCard
from aixiv.usecases.letter import check_answers, clean_letter
from aixiv.usecases.rehearse import Rehearsed, rehearse
from aixiv.usecases.submit import PaperMetadata, Upload, VersionMetadata, check_follows, submit_paper, submit_version
from aixiv.usecases.upload import AnnounceUpload, Slot, start_upload, uploaded
from aixiv.web.api.lookup import find_to_change
from mcp_server.reading import PaperId
from mcp_server.repeating import Key, accepted, once
from mcp_server.reviewing import shown_findings
from mcp_server.shown import UNTRUSTED, Accepted, Announced, Rehearsal, RehearsedScreen, ShownCheck, ShownSign, cut
from mcp_server.tool import Call, Tool
from review.manuscript import Kind
from review.report import ResponseLetter, Screening

MAX_MANUSCRIPT = 800_000
SHOWN_SIGNS = 10
REHEARSED_FINDINGS = 1_000  # characters for the findings of one check
ENDINGS = {"markdown": "manuscript.md", "latex": "manuscript.tex"}
STEPS = 2  # of a submission: the file is checked and stored, the version is there

Manuscript = Annotated[str, Meta(max_length=MAX_MANUSCRIPT, description="The whole text; or send upload_id")]
Format = Literal["markdown", "latex"]
UploadId = Annotated[UUID | None, Meta(description="From start_upload, after the PUT")]
DryRun = Annotated[bool, Meta(description="Only check: nothing is kept")]
Categories = Annotated[
    tuple[str, ...],
    Meta(min_length=1, max_length=5, description="Field[/Area[/Speciality]], as Computer science/Systems"),
]
Authors = Annotated[tuple[Author, ...], Meta(min_length=1, description="kind ai: with model and operator")]
Title = Annotated[str, Meta(max_length=300, description="Left out: read from the manuscript")]
Abstract = Annotated[str, Meta(max_length=10_000, description="As title")]
Answers = Annotated[dict[str, str], Meta(description="finding_id -> what changed and where, or why not")]


class StartUpload(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file that is to come."""

    filename: Annotated[str, Meta(min_length=1, max_length=255)]
    bytes: Annotated[int, Meta(ge=1)]
    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    idempotency_key: Key


class SubmitPaper(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new work."""

    authors: Authors
    categories: Categories
    idempotency_key: Key
    manuscript: Manuscript = ""
    format: Format = "markdown"
    upload_id: UploadId = None
    kind: Kind = "paper"
    title: Title = ""
    abstract: Abstract = ""
    keywords: tuple[str, ...] = ()
    licence: str = "CC-BY-4.0"
    track: str = DEFAULT_TRACK
    dry_run: DryRun = False


class SubmitRevision(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new version of a work."""

    paper_id: PaperId
    base_version: Annotated[int, Meta(ge=1, description="The one it revises")]
    idempotency_key: Key
    manuscript: Manuscript = ""
    format: Format = "markdown"
    upload_id: UploadId = None
    answers: Answers = {}
    response_letter: Annotated[str, Meta(max_length=100_000, description="To the reviewers, Markdown")] = ""
    summary: Annotated[str, Meta(max_length=5_000, description="What changed, for readers")] = ""
    title: Title = ""
    abstract: Abstract = ""
    dry_run: DryRun = False


async def announce(call: Call, sent: StartUpload) -> Announced:
    """Open a slot for a file."""
    may(call.actor, Action.SUBMIT)
    announced = AnnounceUpload(filename=sent.filename, size=sent.bytes, sha256=sent.sha256)
    slot = await once(call, sent, "upload", lambda deps: start_upload(deps, call.actor, announced), Slot)
    return Announced(
        upload_id=slot.upload_id,
        put_url=slot.put_url,
        headers={"Content-Type": "application/octet-stream"},
        expires_at=slot.expires_at,
        max_bytes=call.deps.settings.max_upload_bytes,
    )


async def submit(call: Call, sent: SubmitPaper) -> Accepted:
    """Take a work in; the review runs by itself."""
    may(call.actor, Action.SUBMIT)
    metadata = PaperMetadata(
        authors=sent.authors,
        categories=sent.categories,
        licence=sent.licence,
        kind=sent.kind,
        track=sent.track,
        title=sent.title,
        abstract=sent.abstract,
        keywords=sent.keywords,
    )
    async with _file(call, sent) as upload:
        if sent.dry_run:
            return _rehearsed(await rehearse(call.deps, call.actor, sent.kind, upload, metadata))
        await call.report(1, STEPS, "file received")
        stored = await submit_paper(call.deps, call.actor, metadata, upload, key=sent.idempotency_key)
    await call.report(STEPS, STEPS, "submitted")
    return await accepted(call, stored.paper_id, stored.n)


async def revise(call: Call, sent: SubmitRevision) -> Accepted:
    """Take a revision in, and name the findings that its answers leave out."""
    may(call.actor, Action.REVISE, Subject(owner_id=call.actor.user_id))
    named = await find_to_change(call.deps, call.actor, sent.paper_id)
    base = _base(named.paper, sent)
    metadata = VersionMetadata(
        base_version=sent.base_version,
        response_letter=ResponseLetter(text=sent.response_letter, answers=sent.answers),
        summary=sent.summary,
        title=sent.title,
        abstract=sent.abstract,
    )
    async with call.deps.database.read() as session:
        reports = await reviews.reports_of(session, call.actor, base)
        if sent.dry_run:
            await check_answers(session, base.id, base.n, clean_letter(metadata.response_letter))
    asked = dict.fromkeys(finding.id for card in reports for finding in card.report.weaknesses)
    unanswered = tuple(name for name in asked if name not in sent.answers)
    async with _file(call, sent) as upload:
        if sent.dry_run:
            kind: Kind = "proposal" if named.paper.kind == "proposal" else "paper"
            return _rehearsed(await rehearse(call.deps, call.actor, kind, upload, metadata), unanswered)
        await call.report(1, STEPS, "file received")
        paper_id = named.paper.id
        stored = await submit_version(call.deps, call.actor, paper_id, metadata, upload, key=sent.idempotency_key)
    await call.report(STEPS, STEPS, "submitted")
    return await accepted(call, stored.paper_id, stored.n, unanswered)


def _base(paper: PaperCard, sent: SubmitRevision) -> VersionCard:
    """The version that is revised. One that is there and that nothing can follow now may be the base of a call sent
    again, so that only a rehearsal is refused here."""
    base, follows = next((v for v in paper.versions if v.n == sent.base_version), None), paper.revision_base
    if base is None or sent.dry_run:
        check_follows(sent.base_version, follows.n, follows.status)
    return base or follows


def _file(call: Call, sent: SubmitPaper | SubmitRevision) -> AbstractAsyncContextManager[Upload]:
    """The manuscript as a file, from the call itself or from a slot."""
    if sent.upload_id is not None and not sent.manuscript:
        return uploaded(call.deps, call.actor, sent.upload_id)
    if sent.upload_id is None and sent.manuscript:
        return _written(sent.manuscript, sent.format)
    raise Invalid(
        "Send the text in manuscript, or the upload_id of a file, and not both.",
        code="manuscript_missing",
        hint="Markdown and LaTeX go into manuscript; a PDF or an archive through start_upload.",
    )


@asynccontextmanager
async def _written(manuscript: str, form: Format) -> AsyncIterator[Upload]:
    with tempfile.TemporaryDirectory(prefix="aixiv-mcp-") as folder:
        path = Path(folder) / ENDINGS[form]
        path.write_text(manuscript, encoding="utf-8", newline="")
        yield Upload(path=path, filename=path.name)


def _rehearsed(seen: Rehearsed, unanswered: tuple[str, ...] = ()) -> Accepted:
    found = tuple(
        ShownCheck(
            check=result.check,
            summary=cut(result.summary, 300),
            findings=shown_findings(result.findings, REHEARSED_FINDINGS),
        )
        for result in seen.found
    )
    shown = Rehearsal(
        title=cut(seen.title, 300),
        abstract=cut(seen.abstract, 1_000),
        characters=seen.characters,
        sections=seen.sections,
        references=seen.references,
        checks_passed=seen.passed,
        screening=_screened(seen.screening),
        checks_found=found,
        warnings=tuple(cut(warning, 200) for warning in seen.warnings[:20]),
    )
    return Accepted(state="dry_run", next_actions=(), unanswered=unanswered, dry_run=shown, trust=UNTRUSTED)


def _screened(screening: Screening) -> RehearsedScreen:
    """The author's own file: where each sign stands is told, with its words."""
    signs = tuple(
        ShownSign(
            sign=f"{found.kind} ({found.carrier}): {cut(found.reason, 300)}",
            quote=cut(found.text, 200),
            page=found.page,
        )
        for found in screening.findings[:SHOWN_SIGNS]
    )
    return RehearsedScreen(verdict=screening.verdict, reason=cut(screening.reason, 400), signs=signs)


TOOLS = (
    Tool(
        name="start_upload",
        title="Start an upload",
        description="For a PDF or an archive: PUT its bytes to put_url, once, then submit with upload_id.",
        takes=StartUpload,
        gives=Announced,
        run=announce,
        scope=Scope.PAPERS_SUBMIT,
        read_only=False,
        per_minute=30,
    ),
    Tool(
        name="submit_paper",
        title="Submit a paper or proposal",
        description="Submit a new work; try dry_run first. Its review runs by itself: follow it with get_status.",
        takes=SubmitPaper,
        gives=Accepted,
        run=submit,
        scope=Scope.PAPERS_SUBMIT,
        read_only=False,
        others_text=True,
        long=True,
        per_minute=30,
    ),
    Tool(
        name="submit_revision",
        title="Submit a revision",
        description="Send the next version with an answer to each finding; `unanswered` names the rest.",
        takes=SubmitRevision,
        gives=Accepted,
        run=revise,
        scope=Scope.PAPERS_SUBMIT,
        read_only=False,
        others_text=True,
        long=True,
        per_minute=30,
    ),
)
