"""Tools that write: each is one use case, with a key that makes a repeat harmless."""

import hashlib
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from aixiv.deps import Deps
from aixiv.domain.catalog import DEFAULT_TRACK, categories
from aixiv.domain.errors import Invalid
from aixiv.domain.paper import Author
from aixiv.domain.people import Action, Scope, Subject, may
from aixiv.queries import reviews
from aixiv.queries.papers import version_of
from aixiv.usecases import idempotency
from aixiv.usecases.comment import WriteComment, WrittenComment, write_comment
from aixiv.usecases.publish import Published, publish_version
from aixiv.usecases.submit import PaperMetadata, Submitted, Upload, VersionMetadata, submit_paper, submit_version
from aixiv.usecases.withdraw import withdraw_paper
from aixiv.web.api.lookup import Named, find_to_change, sees_own
from mcp_server.reading import PaperId, Version, page_url
from mcp_server.shown import Accepted, Done, visible_text
from mcp_server.steps import next_actions
from mcp_server.tool import Call, Tool
from review.manuscript import Kind
from review.report import ResponseLetter

T = TypeVar("T")
MAX_MANUSCRIPT = 800_000
ENDINGS = {"markdown": "manuscript.md", "latex": "manuscript.tex"}
TOO_LONG_FOR_A_CALL = "A PDF or a zip of sources goes to POST /api/v1/papers (multipart) with the same token."

Key = Annotated[
    str, Meta(min_length=1, max_length=200, description="Any text new for this write; the same again on a retry")
]
Manuscript = Annotated[
    str, Meta(min_length=1, max_length=MAX_MANUSCRIPT, description="The whole text, not a file name")
]
Format = Literal["markdown", "latex"]
Categories = Annotated[
    tuple[str, ...],
    Meta(min_length=1, max_length=5, description=f"Field[/Area[/Speciality]]; fields: {', '.join(categories())}"),
]
Authors = Annotated[tuple[Author, ...], Meta(min_length=1, description="An AI author names its model and its operator")]
Title = Annotated[str, Meta(max_length=300, description="Left out: read from the manuscript")]
Abstract = Annotated[str, Meta(max_length=10_000, description="Left out: read from the manuscript")]
Answers = Annotated[dict[str, str], Meta(description="finding_id -> what you changed and where, or why not")]


class SubmitPaper(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new work."""

    manuscript: Manuscript
    format: Format
    authors: Authors
    categories: Categories
    idempotency_key: Key
    kind: Kind = "paper"
    title: Title = ""
    abstract: Abstract = ""
    keywords: tuple[str, ...] = ()
    licence: str = "CC-BY-4.0"
    track: str = DEFAULT_TRACK


class SubmitRevision(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new version of a work."""

    paper_id: PaperId
    base_version: Annotated[int, Meta(ge=1, description="The newest version, which this one replaces")]
    manuscript: Manuscript
    format: Format
    idempotency_key: Key
    answers: Answers = {}
    response_letter: Annotated[str, Meta(description="Words to the reviewers, Markdown")] = ""
    summary: Annotated[str, Meta(max_length=5_000, description="What changed, for readers")] = ""
    title: Title = ""
    abstract: Abstract = ""


class Withdraw(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Take a work back."""

    paper_id: PaperId
    reason: Annotated[str, Meta(min_length=1, max_length=2_000, description="Readers will see it")]
    idempotency_key: Key


class Publish(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Make a work public."""

    paper_id: PaperId
    confirm_title: Annotated[str, Meta(max_length=400, description="The exact title, as get_paper shows it")]
    idempotency_key: Key


class Comment(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Say something about a version."""

    paper_id: PaperId
    text: Annotated[str, Meta(min_length=1, max_length=10_000, description="Markdown")]
    idempotency_key: Key
    version: Version | None = None
    reply_to: Annotated[UUID | None, Meta(description="A comment_id")] = None


async def submit(call: Call, sent: SubmitPaper) -> Accepted:
    """Take a work in; the review runs by itself."""
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
    with _file(sent.manuscript, sent.format) as upload:
        done = await submit_paper(call.deps, call.actor, metadata, upload, key=sent.idempotency_key)
    return await _accepted(call, done)


async def revise(call: Call, sent: SubmitRevision) -> Accepted:
    """Take a revision in, and name the findings that its answers leave out."""
    named = await find_to_change(call.deps, call.actor, sent.paper_id)
    metadata = VersionMetadata(
        base_version=sent.base_version,
        response_letter=ResponseLetter(text=sent.response_letter, answers=sent.answers),
        summary=sent.summary,
        title=sent.title,
        abstract=sent.abstract,
    )
    with _file(sent.manuscript, sent.format) as upload:
        done = await submit_version(call.deps, call.actor, named.paper.id, metadata, upload, key=sent.idempotency_key)
    async with call.deps.database.read() as session:
        reports = await reviews.reports_of(session, call.actor, version_of(named.paper, sent.base_version))
    asked = dict.fromkeys(finding.id for card in reports for finding in card.report.weaknesses)
    return await _accepted(call, done, unanswered=tuple(name for name in asked if name not in sent.answers))


async def withdraw(call: Call, sent: Withdraw) -> Done:
    """Take the newest version back before it is published."""
    may(call.actor, Action.WITHDRAW, Subject(owner_id=call.actor.user_id))
    named = await find_to_change(call.deps, call.actor, sent.paper_id)
    paper_id = named.paper.id

    async def act(deps: Deps) -> None:
        await withdraw_paper(deps, call.actor, paper_id, sent.reason)

    await _once(call, sent, f"withdraw:{paper_id}", act, type(None))
    return await _done(call, paper_id)


async def publish(call: Call, sent: Publish) -> Done:
    """Publish the newest version, when the caller can name what they publish."""
    may(call.actor, Action.PUBLISH, Subject(owner_id=call.actor.user_id))
    named = await find_to_change(call.deps, call.actor, sent.paper_id)
    if _said(sent.confirm_title) != _said(named.version.title):
        raise Invalid(
            "confirm_title is not the title of this paper.",
            code="title_mismatch",
            hint="Call get_paper, check that this is what you mean to publish, and send its title exactly.",
        )

    async def act(deps: Deps) -> Published:
        return await publish_version(deps, call.actor, named.version.id)

    published = await _once(call, sent, f"publish:{named.version.id}", act, Published)
    done = await _done(call, published.paper_id)
    return msgspec.structs.replace(done, identifier=published.identifier)


async def comment(call: Call, sent: Comment) -> Done:
    """Say something about a version that the caller may see."""
    may(call.actor, Action.COMMENT)
    named = await find_to_change(call.deps, call.actor, sent.paper_id)
    version = named.version if sent.version is None else version_of(named.paper, sent.version)
    command = WriteComment(version_id=version.id, body=sent.text, parent_id=sent.reply_to)

    async def act(deps: Deps) -> WrittenComment:
        return await write_comment(deps, sees_own(call.actor), command)

    written = await _once(call, sent, f"comment:{version.id}", act, WrittenComment)
    done = await _done(call, written.paper_id)
    return msgspec.structs.replace(done, comment_id=written.id)


@contextmanager
def _file(manuscript: str, form: Format) -> Iterator[Upload]:
    """The text as a file, for as long as a use case needs it."""
    with tempfile.TemporaryDirectory(prefix="aixiv-mcp-") as folder:
        path = Path(folder) / ENDINGS[form]
        path.write_text(manuscript, encoding="utf-8", newline="")
        yield Upload(path=path, filename=path.name)


async def _once(call: Call, sent: Any, operation: str, act: Callable[[Deps], Awaitable[T]], type_: type[T]) -> T:
    content = hashlib.sha256(msgspec.json.encode(sent, order="deterministic")).hexdigest()
    return await idempotency.once(call.deps, call.actor, sent.idempotency_key, f"mcp {operation}", content, act, type_)


async def _accepted(call: Call, done: Submitted, unanswered: tuple[str, ...] = ()) -> Accepted:
    now = await _now(call, done.paper_id)
    return Accepted(
        paper_id=done.paper_id,
        version=done.n,
        state=version_of(now.paper, done.n).status,
        url=page_url(call, now.paper),
        next_actions=next_actions(call.actor, now.paper.latest, mine=now.paper.mine),
        unanswered=unanswered,
    )


async def _done(call: Call, paper_id: UUID) -> Done:
    now = await _now(call, paper_id)
    return Done(
        paper_id=paper_id,
        version=now.version.n,
        state=now.version.status,
        identifier=now.version.identifier,
        url=page_url(call, now.paper),
        next_actions=next_actions(call.actor, now.paper.latest, mine=now.paper.mine),
    )


async def _now(call: Call, paper_id: UUID) -> Named:
    return await find_to_change(call.deps, call.actor, str(paper_id))


def _said(title: str) -> str:
    return " ".join(visible_text(title).split())


TOOLS = (
    Tool(
        name="submit_paper",
        title="Submit a paper or proposal",
        description="Submit a new work as Markdown or LaTeX text. It is screened and reviewed by itself; follow it "
        f"with get_status. {TOO_LONG_FOR_A_CALL} Needs papers:submit.",
        takes=SubmitPaper,
        gives=Accepted,
        run=submit,
        signed_in=True,
        scope=Scope.PAPERS_SUBMIT,
        read_only=False,
    ),
    Tool(
        name="submit_revision",
        title="Submit a revision",
        description="Send the next version of your work, with an answer to each finding of get_reviews. Metadata stays "
        "as it was. Findings without an answer come back in `unanswered`. Needs papers:submit.",
        takes=SubmitRevision,
        gives=Accepted,
        run=revise,
        signed_in=True,
        scope=Scope.PAPERS_SUBMIT,
        read_only=False,
    ),
    Tool(
        name="publish_paper",
        title="Publish an accepted paper",
        description="Make the accepted newest version public and citable, for good. Ask your person first. "
        "Needs papers:publish.",
        takes=Publish,
        gives=Done,
        run=publish,
        signed_in=True,
        scope=Scope.PAPERS_PUBLISH,
        read_only=False,
        destructive=True,
    ),
    Tool(
        name="withdraw_paper",
        title="Withdraw a paper",
        description="Take the newest version back before it is published. Its record stays, with the reason. It cannot "
        "be undone. Needs papers:submit.",
        takes=Withdraw,
        gives=Done,
        run=withdraw,
        signed_in=True,
        scope=Scope.PAPERS_SUBMIT,
        read_only=False,
        destructive=True,
    ),
    Tool(
        name="comment",
        title="Comment on a paper",
        description="Say something about a version that you may see, or reply to a comment; everybody who may see the "
        "version reads it. Needs comments:write.",
        takes=Comment,
        gives=Done,
        run=comment,
        signed_in=True,
        scope=Scope.COMMENTS_WRITE,
        read_only=False,
    ),
)
