"""Submitting a work and revising it: a form becomes the command that every door sends."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from anyio import to_thread
from litestar import Response, get, post
from litestar.datastructures import UploadFile
from msgspec import Struct, structs

from aixiv.deps import Deps
from aixiv.domain.catalog import DEFAULT_TRACK
from aixiv.domain.errors import AixivError, Conflict, IdempotencyConflict, Invalid, StaleBase
from aixiv.domain.ids import new_id
from aixiv.domain.paper import Author
from aixiv.domain.people import Action, Actor, Subject, may
from aixiv.queries.papers import PaperCard, find_paper
from aixiv.queries.reviews import reports_of
from aixiv.usecases.submit import PaperMetadata, Upload, VersionMetadata, submit_paper, submit_version
from aixiv.web.errors import Call
from aixiv.web.portal.allow import offers
from aixiv.web.portal.forms import Form, Sent, need_person, read_form, refused, see_other, status_of, whole
from aixiv.web.portal.render import page
from review.manuscript import Kind
from review.policy import load_policy, policy_names
from review.report import Finding, ResponseLetter

FIRST_ROWS = 4
MOST_ROWS = 200
CATEGORY_ROWS = 3
_CHUNK = 256 * 1024
ANSWER = "answer:"


class AuthorRow(Struct, frozen=True, kw_only=True):
    """One row of the author list as it was typed."""

    name: str = ""
    kind: str = "human"
    affiliation: str = ""
    orcid: str = ""
    model: str = ""
    operator: str = ""

    @property
    def empty(self) -> bool:
        return not any((self.name, self.affiliation, self.orcid, self.model, self.operator))


@get("/submit")
async def submit_form(deps: Deps, actor: Actor) -> Response[str]:
    """The empty form, with the person signed in as its first author."""
    need_person(actor)
    may(actor, Action.SUBMIT)
    rows = [AuthorRow(name=actor.name)] + [AuthorRow()] * (FIRST_ROWS - 1)
    form = Form(values={"licence": "CC-BY-4.0", "track": DEFAULT_TRACK, "kind": "paper"})
    return _submit_page(deps, actor, form, rows, [])


@post("/submit")
async def submit_now(request: Call, deps: Deps, actor: Actor) -> Response[str] | Response[None]:
    """Take the work in and show its page, or show the form again with what is wrong."""
    need_person(actor)
    may(actor, Action.SUBMIT)
    sent = await read_form(request)
    rows, categories = author_rows(sent), _chosen(sent)
    if "more" in sent.lists:
        more = rows + [AuthorRow()] * min(FIRST_ROWS, MOST_ROWS - len(rows))
        return _submit_page(deps, actor, Form(values=sent.values), more, categories)
    try:
        async with _upload(sent.files.get("file"), deps.settings.max_upload_bytes) as upload:
            metadata = _paper_metadata(sent, rows, categories)
            done = await submit_paper(deps, actor, metadata, upload, key=sent.text("key") or None)
    except AixivError as error:
        refusal = _plain(error)
        form = refused(sent.values, refusal)
        return _submit_page(deps, actor, form, rows, categories, status=status_of(refusal))
    return see_other(f"/papers/{done.paper_id}")


@get("/papers/{reference:str}/revise")
async def revise_form(reference: str, deps: Deps, actor: Actor) -> Response[str]:
    """The form for the next version, with one answer box for each finding of the last."""
    need_person(actor)
    paper, findings = await _to_revise(deps, actor, reference)
    base = paper.revision_base
    rows = [AuthorRow(**structs.asdict(author)) for author in base.authors]
    form = Form(values={"base_version": str(base.n), "title": base.title})
    return _revise_page(deps, actor, paper, findings, form, rows)


@post("/papers/{reference:str}/revise")
async def revise_now(
    request: Call, reference: str, deps: Deps, actor: Actor
) -> Response[str] | Response[None]:  # fmt: skip
    """Take the new version in."""
    need_person(actor)
    paper, findings = await _to_revise(deps, actor, reference)
    sent = await read_form(request)
    rows = author_rows(sent)
    if "more" in sent.lists:
        more = rows + [AuthorRow()] * min(FIRST_ROWS, MOST_ROWS - len(rows))
        return _revise_page(deps, actor, paper, findings, Form(values=sent.values), more)
    try:
        async with _upload(sent.files.get("file"), deps.settings.max_upload_bytes) as upload:
            metadata = _version_metadata(sent, rows)
            await submit_version(deps, actor, paper.id, metadata, upload, key=sent.text("key") or None)
    except StaleBase:
        newer = Conflict("A newer version arrived while this form was open.", hint="Look at it, then revise again.")
        form = refused({**sent.values, "base_version": str(paper.revision_base.n)}, newer)
        return _revise_page(deps, actor, paper, findings, form, rows, status=409)
    except AixivError as error:
        refusal = _plain(error)
        form = refused(sent.values, refusal)
        return _revise_page(deps, actor, paper, findings, form, rows, status=status_of(refusal))
    return see_other(f"/papers/{paper.id}")


def author_rows(sent: Sent) -> list[AuthorRow]:
    """The author rows of a form, empty ones too, as long as they belong together."""
    names = [sent.all(f"author_{field}") for field in AuthorRow.__struct_fields__]
    if len({len(column) for column in names}) > 1:
        raise Invalid("Each author row must be complete.", code="author_name", hint="Reload the form.")
    return [
        AuthorRow(**dict(zip(AuthorRow.__struct_fields__, row, strict=True))) for row in zip(*names, strict=True)
    ][:MOST_ROWS]  # fmt: skip


def _authors(rows: list[AuthorRow]) -> tuple[Author, ...]:
    """The filled rows; what belongs to the other kind of author is left out."""
    found = []
    for row in rows:
        if row.empty:
            continue
        ai = row.kind == "ai"
        found.append(
            Author(
                name=row.name.strip(),
                kind="ai" if ai else "human",
                affiliation=row.affiliation.strip(),
                orcid="" if ai else row.orcid.strip(),
                model=row.model.strip() if ai else "",
                operator=row.operator.strip() if ai else "",
            )
        )
    return tuple(found)


def _paper_metadata(sent: Sent, rows: list[AuthorRow], categories: list[str]) -> PaperMetadata:
    kind: Kind = "proposal" if sent.text("kind") == "proposal" else "paper"
    return PaperMetadata(
        authors=_authors(rows),
        categories=tuple(categories),
        licence=sent.text("licence"),
        kind=kind,
        track=sent.text("track"),
        title=" ".join(sent.text("title").split()),
        abstract=sent.text("abstract"),
        keywords=_words(sent.text("keywords")),
    )


def _version_metadata(sent: Sent, rows: list[AuthorRow]) -> VersionMetadata:
    answers = {
        name.removeprefix(ANSWER): sent.text(name).strip()
        for name in sent.lists
        if name.startswith(ANSWER) and sent.text(name).strip()
    }
    return VersionMetadata(
        base_version=whole(sent.text("base_version"), "base_version", least=1, most=9999),
        response_letter=ResponseLetter(text=sent.text("letter").strip(), answers=answers),
        summary=sent.text("summary"),
        title=" ".join(sent.text("title").split()),
        abstract=sent.text("abstract"),
        authors=_authors(rows),
    )


@asynccontextmanager
async def _upload(file: UploadFile | None, most: int) -> AsyncIterator[Upload]:
    """The sent file on disk, in a folder that is gone afterwards."""
    if file is None or not file.filename:
        raise Invalid("Choose the manuscript file.", code="file_name", hint="A PDF, Markdown or LaTeX source.")
    with tempfile.TemporaryDirectory(prefix="aixiv-upload-") as folder:
        path = Path(folder) / "manuscript"
        size = 0
        with path.open("wb") as target:
            while size <= most and (chunk := await file.read(_CHUNK)):
                size += len(chunk)
                await to_thread.run_sync(target.write, chunk)
        yield Upload(path=path, filename=file.filename)


async def _to_revise(deps: Deps, actor: Actor, reference: str) -> tuple[PaperCard, list[Finding]]:
    """The paper, and the findings that a revision of it has to answer."""
    async with deps.database.read() as session:
        paper, _ = await find_paper(session, actor, reference)
        may(actor, Action.REVISE, Subject(owner_id=actor.user_id if paper.mine else None))
        reports = await reports_of(session, actor, paper.revision_base)
    if Action.REVISE not in offers(actor, paper, paper.revision_base):
        raise Conflict(f"Version {paper.latest.n} cannot be revised now.", code="not_revisable")
    return paper, [finding for card in reports for finding in card.report.weaknesses]


def _submit_page(
    deps: Deps, actor: Actor, form: Form, rows: list[AuthorRow], categories: list[str], *, status: int = 200
) -> Response[str]:
    shown = (categories + [""] * CATEGORY_ROWS)[: max(CATEGORY_ROWS, len(categories))]
    return page(
        "submit.html", actor, status=status, section="submit", form=form, rows=rows, categories=shown,
        policies=[load_policy(name) for name in policy_names()], most=deps.settings.max_upload_bytes,
        pages=deps.settings.max_pages, key=new_id(),
    )  # fmt: skip


def _revise_page(
    deps: Deps,
    actor: Actor,
    paper: PaperCard,
    findings: list[Finding],
    form: Form,
    rows: list[AuthorRow],
    *,
    status: int = 200,
) -> Response[str]:
    return page(
        "revise.html", actor, status=status, section="submit", paper=paper, findings=findings, form=form, rows=rows,
        most=deps.settings.max_upload_bytes, pages=deps.settings.max_pages, key=new_id(),
    )  # fmt: skip


def _plain(refusal: AixivError) -> AixivError:
    """A key is a matter of the form, not of people: a form that was sent before with other content says so."""
    if isinstance(refusal, IdempotencyConflict):
        hint = "If you mean it as another work, choose the file again and send it once more."
        return Conflict("This form was sent already, with other content.", code="sent_before", hint=hint)
    return refusal


def _chosen(sent: Sent) -> list[str]:
    return [category for category in sent.all("categories") if category]


def _words(text: str) -> tuple[str, ...]:
    """Keywords from one line, separated by commas or semicolons."""
    return tuple(dict.fromkeys(w.strip() for w in text.replace(";", ",").split(",") if w.strip()))
