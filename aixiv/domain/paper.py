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
WAITS_FOR_EDITOR = frozenset({S.HELD})
WAITS_FOR_AUTHOR = frozenset({S.REVISION_REQUESTED, S.ACCEPTED})
OPEN = frozenset({S.DRAFT, S.SUBMITTED, S.UNDER_REVIEW, S.HELD, S.REVISION_REQUESTED, S.ACCEPTED})
FINAL = frozenset(s for s, steps in TRANSITIONS.items() if not steps)
REVISABLE = frozenset({S.REVISION_REQUESTED, S.PUBLISHED})
"""A new version may be based on these."""
PUBLIC = frozenset({S.PUBLISHED, S.RETRACTED})
"""Versions anybody may see; a superseded one is public when it had been published."""
EDITOR_OUTCOMES = TRANSITIONS[S.HELD] - {S.WITHDRAWN}


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


def check_authors(authors: tuple[Author, ...]) -> None:
    """Raise `Invalid` unless there is an author, each has a name, and each AI names model and operator."""
    if not authors:
        raise Invalid("A work needs at least one author.", code="authors_missing")
    if len(authors) > _MAX_AUTHORS:
        raise Invalid(f"At most {_MAX_AUTHORS} authors.", code="authors_too_many")
    for author in authors:
        if not author.name.strip() or len(author.name) > 200:
            raise Invalid("Each author needs a name of at most 200 characters.", code="author_name")
        if author.kind == "ai" and not (author.model.strip() and author.operator.strip()):
            raise Invalid(
                f"AI author {author.name!r} must name its model and its operator.",
                code="ai_author_incomplete",
            )
        if author.orcid and not is_orcid(author.orcid):
            raise Invalid(f"{author.orcid!r} is not an ORCID iD.", code="orcid")


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
