"""Tools that read: anybody may call them, and sees what `aixiv.db.visible` lets them see."""

import json
from datetime import UTC, datetime
from typing import Annotated, Literal

import anyio
import msgspec
from msgspec import Meta, Struct

from aixiv.domain.errors import Gone, Invalid, NotFound
from aixiv.domain.paper import Status
from aixiv.queries import papers, reviews
from aixiv.queries.listings import Filter, list_papers
from aixiv.queries.papers import PaperCard, VersionCard, version_of
from aixiv.queries.reviews import CommentCard
from aixiv.usecases.ingest import MAX_PARSED_BYTES
from aixiv.web.api.lookup import Named, find
from mcp_server.shown import (
    UNTRUSTED,
    FoundPaper,
    FoundPapers,
    OutlineEntry,
    ShownComment,
    ShownPaper,
    ShownStatus,
    TextChunk,
    VersionLine,
    Votes,
    cut,
    paper_uri,
)
from mcp_server.steps import MEANS, POLL_SECONDS, paper_actions
from mcp_server.tool import Call, Tool
from review.manuscript import Kind, Manuscript

MAX_CHARS = 40_000
SNIPPET = 200
SHOWN_AUTHORS = 3
SHOWN_COMMENTS = 10
SHOWN_SECTIONS = 80
SHOWN_IN_FULL = 20
PAGE_CHARS, ITEM_CHARS = 4_000, 215  # a page of ten; what an item has beside its words
MAX_ENCODED = 50_000
WATCH_SECONDS = 1.0

PaperId = Annotated[str, Meta(max_length=200)]
Version = Annotated[int, Meta(ge=1)]


class Search(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to look for."""

    query: Annotated[str, Meta(max_length=500, description='Words, "phrases", -without; empty: all')] = ""
    kind: Kind | None = None
    state: Status | None = None
    category: Annotated[str, Meta(max_length=200, description="Field[/Area[/Speciality]]")] = ""
    author: Annotated[str, Meta(max_length=200, description="Part of a name")] = ""
    since: Annotated[str, Meta(max_length=40, description="ISO 8601 date or time")] = ""
    mine: Annotated[bool, Meta(description="Only your own")] = False
    sort: Literal["newest", "oldest", "relevance"] = "relevance"
    cursor: Annotated[str, Meta(max_length=500, description="next_cursor")] = ""
    limit: Annotated[int, Meta(ge=1, le=25)] = 10


class AboutPaper(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One version of a paper."""

    paper_id: PaperId
    version: Version | None = None


class AskStatus(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A paper whose newest version is asked about."""

    paper_id: PaperId
    wait_s: Annotated[int, Meta(ge=0, le=20, description="Answer at a change, or after this")] = 0


class ReadText(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A stretch of the text of one version."""

    paper_id: PaperId
    version: Version | None = None
    start: Annotated[int, Meta(ge=0, description="next_start, or a start of the outline")] = 0
    max_chars: Annotated[int, Meta(ge=200, le=MAX_CHARS)] = 12_000


class _Stored(Struct):
    """The part of a stored parse that is text; its layout is not decoded."""

    manuscript: Manuscript


async def search_papers(call: Call, asked: Search) -> FoundPapers:
    """A page of the newest visible version of each paper."""
    chosen = Filter(
        query=asked.query,
        kind=asked.kind,
        category=asked.category,
        author=asked.author,
        status=asked.state,
        since=_time(asked.since),
        mine=asked.mine,
        sort=asked.sort,
        limit=asked.limit,
        cursor=asked.cursor,
    )
    key = call.deps.settings.secret_key.get_secret_value().encode()
    async with call.deps.database.read() as session:
        page = await list_papers(session, call.actor, chosen, key=key)
    room = (PAGE_CHARS - 400) // 10 - ITEM_CHARS  # what an item has for words
    return FoundPapers(items=tuple(_found(card, room) for card in page.items), total=page.total, next_cursor=page.next)


async def get_paper(call: Call, asked: AboutPaper) -> ShownPaper:
    """Everything about a version but its text and its reviews."""
    named = await named_version(call, asked.paper_id, asked.version)
    paper, version = named.paper, named.version
    async with call.deps.database.read() as session:
        comments = await reviews.comments_of(session, call.actor, version)
    address = call.deps.settings.address
    return ShownPaper(
        paper_id=paper.id,
        identifier=version.identifier,
        version=version.n,
        kind=paper.kind,
        track=paper.track,
        state=version.status,
        reason=version.status_reason,
        title=version.title,
        authors=version.authors[:SHOWN_IN_FULL],
        more_authors=max(0, len(version.authors) - SHOWN_IN_FULL),
        abstract=version.abstract,
        categories=version.categories,
        keywords=version.keywords,
        licence=version.licence,
        uri=paper_uri(paper.id),
        url=page_url(call, paper),
        file_url=f"{address}/api/v1/papers/{paper.id}/versions/{version.n}/manuscript",
        versions=tuple(
            VersionLine(version=v.n, state=v.status, submitted_at=v.submitted_at)
            for v in paper.versions[:SHOWN_IN_FULL]
        ),
        published_version=paper.published,
        comments=tuple(_comment(comment) for comment in comments[-SHOWN_COMMENTS:]),
        earlier_comments=max(0, len(comments) - SHOWN_COMMENTS),
        next_actions=paper_actions(call.actor, paper),
        trust=UNTRUSTED,
    )


async def get_status(call: Call, asked: AskStatus) -> ShownStatus:
    """Where the newest version stands, small enough to poll; or as soon as that changes."""
    before = now = await _status(call, asked)
    told = -1
    with anyio.move_on_after(asked.wait_s):
        while before.poll_after_s and (now.state, now.version) == (before.state, before.version):
            if now.percent > told:  # the protocol wants progress that rises each time
                told = now.percent
                await call.report(told, 100, now.step or now.state)
            await anyio.sleep(WATCH_SECONDS)
            now = await _status(call, asked)
    return now


async def _status(call: Call, asked: AskStatus) -> ShownStatus:
    paper = (await find(call.deps, call.actor, asked.paper_id)).paper
    version = paper.latest
    async with call.deps.database.read() as session:
        runs = await reviews.runs_of(session, call.actor, version)
        ballots = await reviews.ballots_of(session, version)
        decisions = await reviews.decisions_of(session, version)
    running = next((run for run in runs if run.status == "running"), None)
    at_work = version.status in (Status.SUBMITTED, Status.UNDER_REVIEW)
    cast = [ballot.vote for ballot in ballots if ballot.valid]
    return ShownStatus(
        paper_id=paper.id,
        identifier=version.identifier,
        version=version.n,
        title=cut(version.title, 100),
        state=version.status,
        means=MEANS[version.status],
        percent=100 if not at_work else running.percent if running else 0,
        step=running.step if running and at_work else "",
        poll_after_s=POLL_SECONDS if at_work else None,
        votes=Votes(accept=cast.count("accept"), revise=cast.count("revise"), reject=cast.count("reject"))
        if cast
        else None,
        decision=decisions[-1].outcome if decisions else "",
        reason=cut(version.status_reason, 120),
        next_actions=paper_actions(call.actor, paper, broke_off=bool(runs) and runs[0].status == "failed"),
        trust=UNTRUSTED,
    )


async def read_paper(call: Call, asked: ReadText) -> TextChunk:
    """A chunk; all chunks together are the whole text. The first one brings the outline."""
    named = await named_version(call, asked.paper_id, asked.version)
    stored = await manuscript_of(call, named.version)
    total = len(stored.text)
    if asked.start > total:
        raise NotFound(
            f"The text has {total} characters; there is nothing at {asked.start}.",
            code="past_the_end",
            hint="Call read_paper with start 0, or with next_start of the chunk before.",
        )
    end = asked.start + fitting(stored.text[asked.start : asked.start + asked.max_chars], MAX_ENCODED)
    first = asked.start == 0
    outline = tuple(
        OutlineEntry(title=cut(f"{s.number} {s.title}".strip(), 120), start=s.start) for s in stored.sections
    )
    return TextChunk(
        paper_id=named.paper.id,
        version=named.version.n,
        start=asked.start,
        next_start=end if end < total else None,
        chars_total=total,
        text=stored.text[asked.start : end],
        outline=outline[:SHOWN_SECTIONS] if first else (),
        warnings=stored.warnings[:20] if first else (),
        trust=UNTRUSTED,
    )


async def named_version(call: Call, paper_id: str, version: int | None) -> Named:
    """The paper, and the version that is asked for."""
    named = await find(call.deps, call.actor, paper_id)
    return named if version is None else Named(named.paper, version_of(named.paper, version))


def page_url(call: Call, paper: PaperCard) -> str:
    """Where people read this paper."""
    return f"{call.deps.settings.address}/papers/{paper.identifier or paper.id}"


def fitting(text: str, most: int) -> int:
    """How many characters of the text fit into so many characters of JSON."""
    while len(spelled := json.dumps(text, ensure_ascii=False)) > most:
        text = text[: len(text) * most // len(spelled)]
    return len(text)


async def manuscript_of(call: Call, version: VersionCard) -> Manuscript:
    if version.status is Status.WITHDRAWN:
        raise Gone(f"Version {version.n} was withdrawn.", code="withdrawn", hint="get_paper shows its record.")
    async with call.deps.database.read() as session:
        sha256 = await papers.parsed_sha256(session, version)
    if sha256 is None:
        raise NotFound(f"Version {version.n} has not been read yet.", code="no_text", hint="Call get_status, and wait.")
    return msgspec.json.decode(await call.deps.blobs.get_bytes(sha256, MAX_PARSED_BYTES), type=_Stored).manuscript


def _found(card: VersionCard, room: int) -> FoundPaper:
    names = tuple(cut(author.name, 20) for author in card.authors[:SHOWN_AUTHORS])
    title = cut(card.title, 110)
    room -= sum(len(json.dumps(word, ensure_ascii=False)) for word in (title, *names))
    snippet = cut(card.abstract[: fitting(card.abstract[:SNIPPET], max(2, room))], SNIPPET)
    more = len(card.authors) - len(names)
    return FoundPaper(
        paper_id=card.paper_id,
        identifier=card.identifier,
        version=card.n,
        kind=card.kind,
        title=title,
        authors=(*names, f"and {more} more") if more else names,
        state=card.status,
        submitted=f"{card.submitted_at:%Y-%m-%d}",
        snippet=snippet,
    )


def _comment(card: CommentCard) -> ShownComment:
    return ShownComment(
        comment_id=card.id,
        author=card.author,
        created_at=card.created_at,
        text=None if card.body is None else cut(card.body, 1_000),
        reply_to=card.parent_id,
    )


def _time(text: str) -> datetime | None:
    if not text:
        return None
    try:
        given = datetime.fromisoformat(text)
    except ValueError as error:
        raise Invalid(
            "since is not a date.", code="invalid_argument", hint="Write 2026-11-22, or 2026-11-22T10:00:00Z."
        ) from error
    return given if given.tzinfo else given.replace(tzinfo=UTC)


TOOLS = (
    Tool(
        name="search_papers",
        title="Search papers",
        description="Find papers and proposals; best match first. A token with papers:read finds its own drafts too.",
        takes=Search,
        gives=FoundPapers,
        run=search_papers,
        others_text=True,
    ),
    Tool(
        name="get_paper",
        title="Get a paper",
        description="Metadata, abstract, versions, latest comments and next actions. read_paper has the text.",
        takes=AboutPaper,
        gives=ShownPaper,
        run=get_paper,
        others_text=True,
    ),
    Tool(
        name="get_status",
        title="Get the status of a paper",
        description="State, progress, votes, decision, next actions. Wait poll_after_s between calls, or send wait_s.",
        takes=AskStatus,
        gives=ShownStatus,
        run=get_status,
        others_text=True,
    ),
    Tool(
        name="read_paper",
        title="Read a paper",
        description="The text in chunks that join exactly; the first has the outline. Go on with start=next_start.",
        takes=ReadText,
        gives=TextChunk,
        run=read_paper,
        others_text=True,
    ),
)
