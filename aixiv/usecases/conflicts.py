"""Conflicts of interest: what people declare of themselves, and what the platform's own records show.

A declaration works both ways: neither reviews the other. Names are compared as authors write them, ignoring case.
"""

from msgspec import Struct
from sqlalchemy import ColumnElement, Select, delete, exists, func, or_, select
from sqlalchemy.orm import aliased

from aixiv.db import Transaction
from aixiv.db.account import User
from aixiv.db.paper import Paper, Version, VersionAuthor
from aixiv.db.review import DeclaredConflict
from aixiv.deps import Deps
from aixiv.domain.errors import Invalid, NotAllowed
from aixiv.domain.events import Event, Tag
from aixiv.domain.people import Action, Actor, may

MOST = 200  # people one person may name
LONGEST = 200  # characters of a name or a reason


class ConflictOfInterest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody whose works you should not review, by name, and why."""

    name: str
    reason: str = ""


class DeclareConflicts(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All conflicts of a person; what is not in it any more is taken back."""

    conflicts: tuple[ConflictOfInterest, ...]


async def declare_conflicts(deps: Deps, actor: Actor, command: DeclareConflicts) -> tuple[ConflictOfInterest, ...]:
    """Replace what the actor has declared; returns it as stored, each name once."""
    may(actor, Action.MANAGE_SELF)
    told = {" ".join(c.name.split()): " ".join(c.reason.split()) for c in command.conflicts}
    if len(told) > MOST or any(not n or max(len(n), len(r)) > LONGEST or "\0" in n + r for n, r in told.items()):
        raise Invalid(f"At most {MOST} names, each of 1 to {LONGEST} characters.", code="conflicts_malformed")
    async with deps.database.write() as tx:
        await tx.session.execute(delete(DeclaredConflict).where(DeclaredConflict.user_id == actor.user_id))
        tx.session.add_all(
            DeclaredConflict(user_id=actor.user_id, name=name, reason=reason, declared_at=deps.clock())
            for name, reason in told.items()
        )
        tx.record(
            Event(
                tag=Tag.USER_CONFLICTS_DECLARED,
                actor=actor.label,
                at=deps.clock(),
                data={"user_id": str(actor.user_id), "names": len(told)},
            )
        )
    return tuple(ConflictOfInterest(name=name, reason=reason) for name, reason in sorted(told.items()))


async def refuse_conflict(tx: Transaction, actor: Actor, paper: Paper) -> None:
    """Raise `NotAllowed` when the actor, or the person who answers for it, has an interest in this work.

    Refused are (beside its owner, see `may`) whoever is named as an author of any of its versions, whoever has written
    another work on this platform together with one of its authors, and whoever declared a conflict or is named in one.
    """
    person = await tx.session.get(User, actor.user_id)
    owner = await tx.session.get(User, paper.owner_id)
    mine = {actor.name.lower(), person.name.lower() if person else ""} - {""}
    authors = await _authors(tx, paper)
    orcid = person.orcid if person else ""
    if any(name in mine or (orcid and orcid == theirs) for name, theirs, _ in authors):
        raise NotAllowed("An author of this work bears your name.", code="conflict_of_interest")
    people = ({name for name, _, kind in authors if kind == "human"} | {owner.name.lower() if owner else ""}) - {""}
    if await tx.session.scalar(_together(actor, mine, paper, people)):
        raise NotAllowed("You have written another work with an author of this one.", code="conflict_of_interest")
    if await tx.session.scalar(select(exists().where(_declared(actor, mine, paper, people)))):
        raise NotAllowed(
            "A conflict of interest was declared between you and an author of this work.", code="conflict_of_interest"
        )


async def _authors(tx: Transaction, paper: Paper) -> list[tuple[str, str, str]]:
    """Name in lower case, ORCID and kind of everybody named as an author of any version."""
    rows = await tx.session.execute(
        select(func.lower(VersionAuthor.name), VersionAuthor.orcid, VersionAuthor.kind)
        .join(Version, Version.id == VersionAuthor.version_id)
        .where(Version.paper_id == paper.id)
        .distinct()
    )
    return [(name, orcid, kind) for name, orcid, kind in rows]


def _together(actor: Actor, mine: set[str], paper: Paper, people: set[str]) -> Select[tuple[bool]]:
    """Whether another work has the actor's person on it and one of these people, as authors or as owner."""
    one, other = aliased(VersionAuthor), aliased(VersionAuthor)

    def named(author: type[VersionAuthor], names: set[str]) -> ColumnElement[bool]:
        return exists().where(
            author.version_id == Version.id, author.kind == "human", func.lower(author.name).in_(names)
        )

    return select(
        exists()
        .where(Version.paper_id == Paper.id, Paper.id != paper.id)
        .where(or_(Paper.owner_id == actor.user_id, named(one, mine)))
        .where(or_(Paper.owner_id == paper.owner_id, named(other, people)))
    )


def _declared(actor: Actor, mine: set[str], paper: Paper, people: set[str]) -> ColumnElement[bool]:
    name = func.lower(DeclaredConflict.name)
    return or_(
        (DeclaredConflict.user_id == actor.user_id) & name.in_(people),
        (DeclaredConflict.user_id == paper.owner_id) & name.in_(mine),
    )
