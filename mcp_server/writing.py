"""Tools that act on a work: ask for its review, comment on it, publish it, take it back."""

from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from aixiv.deps import Deps
from aixiv.domain.errors import Invalid
from aixiv.domain.paper import OPEN, Status
from aixiv.domain.people import Action, Scope, Subject, may
from aixiv.queries.papers import VersionCard, version_of
from aixiv.usecases.comment import WriteComment, WrittenComment, write_comment
from aixiv.usecases.publish import Published, publish_version
from aixiv.usecases.request import Requested, request_review
from aixiv.usecases.withdraw import withdraw_paper
from aixiv.web.api.lookup import find_to_change, sees_own
from mcp_server.reading import PaperId, Version
from mcp_server.repeating import Key, accepted, done, once
from mcp_server.shown import Accepted, Done, cut, visible_text
from mcp_server.tool import Call, Tool

ExactTitle = Annotated[str, Meta(max_length=400, description="The exact title of get_paper")]


class RequestReview(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Ask for the review of one's newest version."""

    paper_id: PaperId
    idempotency_key: Key


class Withdraw(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Take a work back."""

    paper_id: PaperId
    reason: Annotated[str, Meta(min_length=1, max_length=2_000, description="Readers see it")]
    confirm_title: ExactTitle
    idempotency_key: Key


class Publish(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Make a work public."""

    paper_id: PaperId
    confirm_title: ExactTitle
    idempotency_key: Key


class AddComment(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Say something about a version."""

    paper_id: PaperId
    text: Annotated[str, Meta(min_length=1, max_length=10_000, description="Markdown")]
    idempotency_key: Key
    version: Version | None = None
    reply_to: Annotated[UUID | None, Meta(description="A comment_id")] = None


async def ask_for_review(call: Call, sent: RequestReview) -> Accepted:
    """Queue the review of a version whose review broke off; one that is under way goes on."""
    may(call.actor, Action.REQUEST_REVIEW, Subject(owner_id=call.actor.user_id))
    paper_id = (await find_to_change(call.deps, call.actor, sent.paper_id)).paper.id

    async def act(deps: Deps) -> Requested:
        return await request_review(deps, call.actor, paper_id)

    asked = await once(call, sent, f"request:{paper_id}", act, Requested)
    return await accepted(call, asked.paper_id, asked.n)


async def withdraw(call: Call, sent: Withdraw) -> Done:
    """Take the newest version back before it is published, when the caller can name it and the person agrees.

    Whose work it may be is for the use case to say, as for every other door: one's own, and for an editor another's.
    """
    may(call.actor, Action.WITHDRAW, Subject(owner_id=call.actor.user_id))
    named = await find_to_change(call.deps, call.actor, sent.paper_id)
    paper_id, version = named.paper.id, named.paper.latest
    _check_title(sent.confirm_title, version)
    if version.status in OPEN:
        whose = "your" if named.paper.mine else "another author's"
        question = (
            f"Withdraw version {version.n} of {whose} paper for good? Its title: {cut(_said(version.title), 200)}"
        )
        await call.confirm(question, f"withdraw:{version.id}")

    async def act(deps: Deps) -> None:
        await withdraw_paper(deps, call.actor, paper_id, sent.reason, version.id)

    await once(call, sent, f"withdraw:{paper_id}", act, type(None))
    return await done(call, paper_id)


async def publish(call: Call, sent: Publish) -> Done:
    """Publish the newest version, when the caller can name it and the person behind them agrees."""
    may(call.actor, Action.PUBLISH, Subject(owner_id=call.actor.user_id))
    version = (await find_to_change(call.deps, call.actor, sent.paper_id)).version
    _check_title(sent.confirm_title, version)
    if version.status is Status.ACCEPTED:
        question = f"Publish version {version.n} of this paper for good? Its title: {cut(_said(version.title), 200)}"
        await call.confirm(question, f"publish:{version.id}")

    async def act(deps: Deps) -> Published:
        return await publish_version(deps, call.actor, version.id, seen=version.status)

    published = await once(call, sent, f"publish:{version.id}", act, Published)
    now = await done(call, published.paper_id)
    return msgspec.structs.replace(now, identifier=published.identifier)


async def comment(call: Call, sent: AddComment) -> Done:
    """Say something about a version that the caller may see."""
    may(call.actor, Action.COMMENT)
    named = await find_to_change(call.deps, call.actor, sent.paper_id)
    version = named.version if sent.version is None else version_of(named.paper, sent.version)
    command = WriteComment(version_id=version.id, body=sent.text, parent_id=sent.reply_to)

    async def act(deps: Deps) -> WrittenComment:
        return await write_comment(deps, sees_own(call.actor), command)

    written = await once(call, sent, f"comment:{version.id}", act, WrittenComment)
    now = await done(call, written.paper_id)
    return msgspec.structs.replace(now, comment_id=written.id)


def _check_title(given: str, version: VersionCard) -> None:
    if _said(given) != _said(version.title):
        raise Invalid(
            "confirm_title is not the title of this paper.",
            code="title_mismatch",
            hint="Call get_paper, check that this is what you mean, and send its title exactly.",
        )


def _said(title: str) -> str:
    return " ".join(visible_text(title).split())


TOOLS = (
    Tool(
        name="request_review",
        title="Request the review again",
        description="Ask for the review of your newest version again after it broke off.",
        takes=RequestReview,
        gives=Accepted,
        run=ask_for_review,
        scope=Scope.REVIEWS_REQUEST,
        read_only=False,
        long=True,
        per_minute=10,
    ),
    Tool(
        name="add_comment",
        title="Comment on a paper",
        description="Comment on a version or reply to a comment. Everybody who may see the version reads it.",
        takes=AddComment,
        gives=Done,
        run=comment,
        scope=Scope.COMMENTS_WRITE,
        read_only=False,
        per_minute=30,
    ),
    Tool(
        name="publish",
        title="Publish an accepted paper",
        description="Make the accepted newest version public and citable, for good. Ask your person first.",
        takes=Publish,
        gives=Done,
        run=publish,
        scope=Scope.PAPERS_PUBLISH,
        read_only=False,
        destructive=True,
        per_minute=10,
    ),
    Tool(
        name="withdraw",
        title="Withdraw a paper",
        description="Take the newest version back before it is published, for good. The reason stays. Ask your person.",
        takes=Withdraw,
        gives=Done,
        run=withdraw,
        scope=Scope.PAPERS_SUBMIT,
        extra=True,
        read_only=False,
        destructive=True,
        per_minute=10,
    ),
)
