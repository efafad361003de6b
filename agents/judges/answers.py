"""What a language model may answer: the shapes, their JSON schemas, and how a raw answer is read."""

import re
import unicodedata
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from review.report import Severity, Vote
from review.rubric import Rubric

T = TypeVar("T", bound=Struct)

Said = Annotated[str, Meta(min_length=1)]
Reason = Annotated[str, Meta(min_length=20)]
Points5 = Annotated[float, Meta(ge=1, le=5)]
Points10 = Annotated[float, Meta(ge=1, le=10)]

RoleKey = Annotated[str, Meta(pattern="^[a-z][a-z0-9-]{2,30}$")]
Subfield = Annotated[str, Meta(min_length=2, max_length=80)]

LEAST_LETTERS = 12
MOST_BROKEN = 0.02  # share of characters
_THOUGHT = re.compile(r"<think>.*?</think>", re.DOTALL)


class Weakness(Struct, frozen=True, forbid_unknown_fields=True):
    """One claim against the work."""

    claim: Said
    severity: Severity
    criterion: Said
    quote: str
    place: str
    fix: str


class Score(Struct, frozen=True, forbid_unknown_fields=True):
    """One criterion's score."""

    criterion: Said
    score: Points5
    reason: Said


class ReviewAnswer(Struct, frozen=True, forbid_unknown_fields=True):
    """A reviewer's answer."""

    summary: Reason
    strengths: list[Said]
    weaknesses: list[Weakness]
    questions: list[Said]
    requested_changes: list[Said]
    scores: list[Score]
    overall: Points10
    confidence: Points5


class CompareAnswer(Struct, frozen=True, forbid_unknown_fields=True):
    """One look at a pair."""

    reason: Reason
    preferred: Literal["first", "second", "tie"]


class VoteAnswer(Struct, frozen=True, forbid_unknown_fields=True):
    """A voter's answer."""

    reason: Reason
    would_change: str
    vote: Vote


class Seat(Struct, frozen=True, forbid_unknown_fields=True):
    """One specialist the chair asks for."""

    role: RoleKey
    title: Annotated[str, Meta(min_length=3, max_length=80)]
    focus: Annotated[str, Meta(min_length=20, max_length=600)]
    criteria: Annotated[list[Said], Meta(min_length=1)]


class ChairAnswer(Struct, frozen=True, forbid_unknown_fields=True):
    """The chair's panel."""

    subfields: Annotated[list[Subfield], Meta(min_length=1, max_length=6)]
    specialists: Annotated[list[Seat], Meta(min_length=3, max_length=5)]


class Position(Struct, frozen=True, forbid_unknown_fields=True):
    """One side of a disagreement."""

    role: Said
    says: Said
    quote: str


class Difference(Struct, frozen=True, forbid_unknown_fields=True):
    """One disagreement of the panel."""

    about: Annotated[str, Meta(min_length=3, max_length=200)]
    sides: Annotated[list[Position], Meta(min_length=2, max_length=2)]


class MetaAnswer(Struct, frozen=True, forbid_unknown_fields=True):
    """The chair's words on the panel's reports."""

    summary: Reason
    agreements: list[Said]
    disagreements: list[Difference]
    changes: Annotated[list[Said], Meta(max_length=3)]


class Case(Struct, frozen=True, forbid_unknown_fields=True):
    """The best argument of one side."""

    claim: Reason
    quote: Annotated[str, Meta(min_length=8)]


class AdjudicationAnswer(Struct, frozen=True, forbid_unknown_fields=True):
    """A further look at a contested round."""

    champion: Case
    critic: Case
    resolution: Reason
    finding: Literal["accept", "revise", "reject", "undecided"]


class Unreadable(ValueError):
    """The answer does not have the shape that was asked for. The text says what is wrong, for the model to repair."""


def json_schema(answer: type[Struct]) -> dict[str, Any]:
    """The schema as `response_format` wants it: an object at the root, every field required."""
    _, definitions = msgspec.json.schema_components([answer], ref_template="#/$defs/{name}")
    root = dict(definitions.pop(answer.__name__))
    root.pop("title", None)
    root.pop("description", None)
    if definitions:
        root["$defs"] = {name: definitions[name] for name in sorted(definitions)}
    return {"name": answer.__name__, "strict": True, "schema": root}


def read(content: str, answer: type[T]) -> T:
    """The answer in a reply that may also hold thoughts or a code fence; raises `Unreadable`."""
    text = _THOUGHT.sub("", content)
    begin, end = text.find("{"), text.rfind("}")
    if begin < 0 or end < begin:
        raise Unreadable("There is no complete JSON object in it.")
    try:
        return msgspec.json.decode(text[begin : end + 1], type=answer)
    except msgspec.MsgspecError as failure:
        raise Unreadable(f"{failure}.") from failure


def check_words(**texts: str) -> None:
    """These texts must be words a person can read, in whatever language; raises `Unreadable`."""
    for name, text in texts.items():
        letters = sum(c.isalpha() for c in text)
        broken = sum(c == "\ufffd" or unicodedata.category(c) in ("Cc", "Co", "Cn") for c in text if c not in "\n\t")
        if letters < LEAST_LETTERS or broken > MOST_BROKEN * len(text):
            raise Unreadable(f"`{name}` must be sentences; it holds {letters} letters, {broken} broken characters.")


def check_scores(answer: ReviewAnswer, rubric: Rubric) -> None:
    """The summary must be readable and every criterion scored once; raises `Unreadable`."""
    check_words(summary=answer.summary)
    given = [s.criterion for s in answer.scores]
    if sorted(given) != sorted(rubric.keys):
        raise Unreadable(f"`scores` must hold each of {', '.join(rubric.keys)} exactly once; it holds {given}.")


def check_panel(answer: ChairAnswer, rubric: Rubric, reserved: frozenset[str]) -> None:
    """Roles differ, none takes a name the platform uses, and every criterion has a reviewer; raises `Unreadable`."""
    roles = [seat.role for seat in answer.specialists]
    named = {key for seat in answer.specialists for key in seat.criteria}
    if len(set(roles)) < len(roles):
        raise Unreadable(f"Two specialists have the same `role`: {roles}.")
    if taken := reserved.intersection(roles) | {role for role in roles if role != role.strip()}:
        raise Unreadable(f"These roles cannot be used: {', '.join(sorted(taken))}.")
    if named != set(rubric.keys):
        raise Unreadable(
            f"`criteria` of all specialists together must name each of {', '.join(rubric.keys)}, and nothing else."
        )


def check_sides(answer: MetaAnswer, roles: tuple[str, ...]) -> None:
    """Each disagreement must be between two different reviewers of the panel; raises `Unreadable`."""
    for difference in answer.disagreements:
        named = [side.role for side in difference.sides]
        if len(set(named)) < len(named) or not set(named) <= set(roles):
            raise Unreadable(f"`sides` must name two different reviewers of {', '.join(roles)}; they name {named}.")
