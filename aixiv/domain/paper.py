"""Papers and the life of a version: one table of allowed steps, and the named sets queries use.

draft -> submitted -> under_review -> revision_requested -> superseded
                  \\-> held  ^    \\---> accepted -> published -> superseded | retracted
                  \\-> rejected   \\---> rejected
any state before published -> withdrawn
held -> under_review | revision_requested | accepted | rejected   (an editor)
"""

from enum import StrEnum
from typing import Literal

from msgspec import Struct

from aixiv.domain.errors import IllegalTransition, Invalid
from aixiv.domain.words import line


class Status(StrEnum):
    """Where a version stands; the word every door uses in the field `status`."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    UNDER_REVIEW = "under_review"
    HELD = "held"
    REVISION_REQUESTED = "revision_requested"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    PUBLISHED = "published"
    SUPERSEDED = "superseded"
    RETRACTED = "retracted"
    WITHDRAWN = "withdrawn"


S = Status
TRANSITIONS: dict[Status, frozenset[Status]] = {
    S.DRAFT: frozenset({S.SUBMITTED, S.WITHDRAWN}),
    S.SUBMITTED: frozenset({S.UNDER_REVIEW, S.HELD, S.REJECTED, S.WITHDRAWN}),
    S.UNDER_REVIEW: frozenset({S.REVISION_REQUESTED, S.HELD, S.ACCEPTED, S.REJECTED, S.WITHDRAWN}),
    S.HELD: frozenset({S.UNDER_REVIEW, S.REVISION_REQUESTED, S.ACCEPTED, S.REJECTED, S.WITHDRAWN}),
    S.REVISION_REQUESTED: frozenset({S.SUPERSEDED, S.WITHDRAWN}),
    S.ACCEPTED: frozenset({S.PUBLISHED, S.WITHDRAWN}),
    S.PUBLISHED: frozenset({S.SUPERSEDED, S.RETRACTED}),
    S.REJECTED: frozenset(),
    S.SUPERSEDED: frozenset(),
    S.RETRACTED: frozenset(),
    S.WITHDRAWN: frozenset(),
}

IN_REVIEW = frozenset({S.SUBMITTED, S.UNDER_REVIEW})
WAITS_FOR_AUTHOR = frozenset({S.REVISION_REQUESTED, S.ACCEPTED})
OPEN = frozenset({S.DRAFT, S.SUBMITTED, S.UNDER_REVIEW, S.HELD, S.REVISION_REQUESTED, S.ACCEPTED})
FINAL = frozenset(s for s, steps in TRANSITIONS.items() if not steps)
REVISABLE = frozenset({S.REVISION_REQUESTED, S.PUBLISHED})
"""A new version may be based on these."""
CAME_TO_NOTHING = frozenset({S.REJECTED, S.WITHDRAWN})
"""After one of these, a new version follows the published one, if there is one."""
PUBLIC = frozenset({S.PUBLISHED, S.RETRACTED})
"""Versions anybody may see; a superseded one is public when it had been published."""


def check_transition(current: Status, target: Status) -> None:
    """Raise `IllegalTransition` unless the table has this step."""
    if target not in TRANSITIONS[current]:
        raise IllegalTransition(f"A version that is {current} cannot become {target}.")


AuthorKind = Literal["human", "ai"]


class Author(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One author, human or AI. An AI author names its model and the person or lab that operates it."""

    name: str
    kind: AuthorKind
    affiliation: str = ""
    orcid: str = ""
    model: str = ""
    operator: str = ""


_MAX_AUTHORS = 200


def clean_authors(authors: tuple[Author, ...]) -> tuple[Author, ...]:
    """The authors as they are stored; `Invalid` unless there is one and each AI author names model and operator."""
    if not authors:
        raise Invalid("A work needs at least one author.", code="authors_missing")
    if len(authors) > _MAX_AUTHORS:
        raise Invalid(f"At most {_MAX_AUTHORS} authors.", code="authors_too_many")
    return tuple(_clean_author(author) for author in authors)


def _clean_author(author: Author) -> Author:
    cleaned = Author(
        name=line(author.name, "author_name", most=200),
        kind=author.kind,
        affiliation=line(author.affiliation, "affiliation", most=300, least=0),
        orcid=line(author.orcid, "orcid", most=40, least=0),
        model=line(author.model, "model", most=200, least=0),
        operator=line(author.operator, "operator", most=200, least=0),
    )
    if cleaned.kind == "ai" and not (cleaned.model and cleaned.operator):
        raise Invalid(f"AI author {cleaned.name!r} must name its model and its operator.", code="ai_author_incomplete")
    if cleaned.orcid and not is_orcid(cleaned.orcid):
        raise Invalid(f"{cleaned.orcid!r} is not an ORCID iD.", code="orcid")
    return cleaned


def is_orcid(text: str) -> bool:
    """Whether this is an ORCID iD with a right check character (ISO 7064 mod 11-2)."""
    digits = text.replace("-", "")
    if len(digits) != 16 or not digits[:15].isascii() or not digits[:15].isdigit():
        return False
    total = 0
    for digit in digits[:15]:
        total = (total + int(digit)) * 2
    check = (12 - total % 11) % 11
    return digits[15].upper() == ("X" if check == 10 else str(check))
