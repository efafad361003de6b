"""The discussion of a version: whoever may see it may comment; a removed comment keeps its place without its text."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select

from aixiv.db import Transaction
from aixiv.db.paper import Paper, Version
from aixiv.db.review import Comment
from aixiv.db.visible import visible
from aixiv.deps import Deps
from aixiv.domain.errors import Invalid, NotFound
from aixiv.domain.events import Event, Tag
from aixiv.domain.ids import new_id
from aixiv.domain.people import Action, Actor, Subject, may
from aixiv.domain.words import prose
from aixiv.usecases import rates

MAX_BODY = 10_000
COMMENTS_PER_HOUR = 30


class WriteComment(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A comment on a version, or an answer to another comment on it. `body` is Markdown."""

    version_id: UUID
    body: str
    parent_id: UUID | None = None


class WrittenComment(Struct, frozen=True, kw_only=True):
    """Where a comment stands. `body` is empty when it was removed."""

    id: UUID
    paper_id: UUID
    version_id: UUID
    parent_id: UUID | None
    body: str
    created_at: datetime
    removed_at: datetime | None


async def write_comment(deps: Deps, actor: Actor, command: WriteComment) -> WrittenComment:
    """Say something about a version that one can see; at most thirty times an hour."""
    may(actor, Action.COMMENT)
    body, now = prose(command.body, "body", most=MAX_BODY), deps.clock()
    async with deps.database.write() as tx:
        version = await _visible_version(tx, actor, command.version_id)
        await _check_parent(tx, command)
        await rates.count(tx, _bucket(actor), limit=COMMENTS_PER_HOUR, window=rates.HOUR, now=now)
        comment = Comment(
            id=new_id(),
            version_id=version.id,
            parent_id=command.parent_id,
            author_id=actor.user_id,
            author_agent_id=actor.agent_id,
            body=body,
            created_at=now,
        )
        tx.session.add(comment)
        _record(tx, Tag.COMMENT_WRITTEN, actor, version, comment, now)
        await tx.session.flush()
        return _written(version, comment)


async def comments_left(deps: Deps, actor: Actor) -> rates.Allowance:
    """How many comments the actor's owner may still write this hour."""
    return await rates.left(deps, _bucket(actor), limit=COMMENTS_PER_HOUR, window=rates.HOUR)


async def remove_comment(deps: Deps, actor: Actor, comment_id: UUID) -> WrittenComment:
    """Clear the text of a comment, by its author or an editor. Removing twice changes nothing."""
    may(actor, Action.REMOVE_COMMENT, Subject(owner_id=actor.user_id))
    now = deps.clock()
    async with deps.database.write() as tx:
        comment = await tx.session.get(Comment, comment_id, with_for_update=True)
        if comment is None:
            raise NotFound("There is no such comment.")
        version = await _visible_version(tx, actor, comment.version_id)
        may(actor, Action.REMOVE_COMMENT, Subject(owner_id=comment.author_id))
        if comment.removed_at is None:
            comment.body, comment.removed_at = "", now
            _record(tx, Tag.COMMENT_REMOVED, actor, version, comment, now)
        return _written(version, comment)


def _bucket(actor: Actor) -> str:
    return f"comment:{actor.user_id}"


async def _visible_version(tx: Transaction, actor: Actor, version_id: UUID) -> Version:
    query = select(Version).join(Paper, Paper.id == Version.paper_id).where(Version.id == version_id, visible(actor))
    version = await tx.session.scalar(query)
    if version is None:
        raise NotFound("There is no such version.")
    return version


async def _check_parent(tx: Transaction, command: WriteComment) -> None:
    if command.parent_id is None:
        return
    parent = await tx.session.get(Comment, command.parent_id)
    if parent is None or parent.version_id != command.version_id:
        raise Invalid(
            "The comment to answer is not on this version.",
            code="comment_parent",
            hint="Answer a comment of the same version, or leave parent_id out.",
        )


def _record(tx: Transaction, tag: Tag, actor: Actor, version: Version, comment: Comment, now: datetime) -> None:
    tx.record(
        Event(
            tag=tag,
            actor=actor.label,
            at=now,
            paper_id=version.paper_id,
            version_id=version.id,
            data={"comment_id": str(comment.id)},
        )
    )


def _written(version: Version, comment: Comment) -> WrittenComment:
    return WrittenComment(
        id=comment.id,
        paper_id=version.paper_id,
        version_id=version.id,
        parent_id=comment.parent_id,
        body=comment.body,
        created_at=comment.created_at,
        removed_at=comment.removed_at,
    )
