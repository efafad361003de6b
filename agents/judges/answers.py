"""What a language model may answer: the shapes, their JSON schemas, and how a raw answer is read.

Whatever form is asked of an answer stands in its schema too, so that a server that follows schemas cannot miss it:
things of which there must be one each are an object with one required property for each. The checks after reading are
for servers that do not.
"""

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from itertools import combinations
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from review.report import Severity, Vote
from review.rubric import Rubric

T = TypeVar("T", bound=Struct)
Schema = dict[str, Any]

Said = Annotated[str, Meta(min_length=1, max_length=1000)]
Maybe = Annotated[str, Meta(max_length=1000)]  # empty where there is nothing to say or to quote
Reason = Annotated[str, Meta(min_length=20, max_length=2400)]
Things = Annotated[list[Said], Meta(max_length=20)]
Points5 = Annotated[float, Meta(ge=1, le=5)]
Points10 = Annotated[float, Meta(ge=1, le=10)]

RoleKey = Annotated[str, Meta(pattern="^[a-z][a-z0-9-]{2,30}$")]
Subfield = Annotated[str, Meta(min_length=2, max_length=80)]

ROLE_STEM = 27  # characters of a role that gets a number
LEAST_LETTERS = 12
MOST_BROKEN = 0.02  # share of characters
_THOUGHT = re.compile(r"<think>.*?</think>", re.DOTALL)


class Weakness(Struct, frozen=True, forbid_unknown_fields=True):
    """One claim against the work."""

    claim: Said
    severity: Severity
    criterion: Said
    quote: Maybe
    place: Maybe
    fix: Maybe


class Score(Struct, frozen=True, forbid_unknown_fields=True):
    """One criterion's score."""

    score: Points5
    reason: Said


class ReviewAnswer(Struct, frozen=True, forbid_unknown_fields=True):
    """A reviewer's answer; `scores` by criterion."""

    summary: Reason
    strengths: Things
    weaknesses: Annotated[list[Weakness], Meta(max_length=40)]
    questions: Things
    requested_changes: Things
    scores: dict[str, Score]
    overall: Points10
    confidence: Points5


class CompareAnswer(Struct, frozen=True, forbid_unknown_fields=True):
    """One look at a pair."""

    reason: Reason
    preferred: Literal["first", "second", "tie"]


class VoteAnswer(Struct, frozen=True, forbid_unknown_fields=True):
    """A voter's answer."""

    reason: Reason
    would_change: Maybe
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

    says: Said
    quote: Maybe


class Difference(Struct, frozen=True, forbid_unknown_fields=True):
    """One disagreement of the panel; `sides` by reviewer."""

    about: Annotated[str, Meta(min_length=3, max_length=200)]
    sides: Annotated[dict[str, Position], Meta(min_length=2, max_length=2)]


class MetaAnswer(Struct, frozen=True, forbid_unknown_fields=True):
    """The chair's words on the panel's reports."""

    summary: Reason
    agreements: Things
    disagreements: Annotated[list[Difference], Meta(max_length=20)]
    changes: Annotated[list[Said], Meta(max_length=3)]


class Case(Struct, frozen=True, forbid_unknown_fields=True):
    """The best argument of one side."""

    claim: Reason
    quote: Annotated[str, Meta(min_length=8, max_length=1000)]


class AdjudicationAnswer(Struct, frozen=True, forbid_unknown_fields=True):
    """A further look at a contested round."""

    champion: Case
    critic: Case
    resolution: Reason
    finding: Literal["accept", "revise", "reject", "undecided"]


class Unreadable(ValueError):
    """The answer does not have the shape that was asked for. The text says what is wrong, for the model to repair."""


def json_schema(answer: type[Struct], parts: Mapping[str, Schema] | None = None) -> Schema:
    """The schema as `response_format` wants it: an object at the root, every field required.

    `parts` are schemas that hold for this one question, by `Shape.field`.
    """
    _, definitions = msgspec.json.schema_components([answer], ref_template="#/$defs/{name}")
    for place, part in (parts or {}).items():
        shape, field = place.split(".")
        definitions[shape]["properties"][field] = part
    root = dict(definitions.pop(answer.__name__))
    root.pop("title", None)
    root.pop("description", None)
    if definitions:
        root["$defs"] = {name: definitions[name] for name in sorted(definitions)}
    return {"name": answer.__name__, "strict": True, "schema": root}


def one_each(keys: Sequence[str], shape: type[Struct]) -> Schema:
    """An object with exactly these properties, each of this shape."""
    reference = {"$ref": f"#/$defs/{shape.__name__}"}
    return {
        "type": "object",
        "properties": dict.fromkeys(keys, reference),
        "required": list(keys),
        "additionalProperties": False,
    }


def review_schema(rubric: Rubric) -> Schema:
    """Every criterion scored once; weaknesses under criteria of the rubric."""
    return json_schema(
        ReviewAnswer,
        {"ReviewAnswer.scores": one_each(rubric.keys, Score), "Weakness.criterion": {"enum": list(rubric.keys)}},
    )


def chair_schema(rubric: Rubric) -> Schema:
    """Seats that answer for criteria of the rubric."""
    criteria = {"type": "array", "items": {"enum": list(rubric.keys)}, "minItems": 1, "maxItems": len(rubric.keys)}
    return json_schema(ChairAnswer, {"Seat.criteria": criteria})


def meta_schema(roles: Sequence[str]) -> Schema:
    """Disagreements between two different reviewers of the panel."""
    pairs = [one_each(pair, Position) for pair in combinations(roles, 2)]
    return json_schema(MetaAnswer, {"Difference.sides": {"anyOf": pairs}})


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
    if answer.scores.keys() != set(rubric.keys):
        given = ", ".join(answer.scores)
        raise Unreadable(f"`scores` must hold each of {', '.join(rubric.keys)} and nothing else; it holds {given}.")


def check_panel(answer: ChairAnswer, rubric: Rubric) -> None:
    """Nobody answers for what is no criterion; raises `Unreadable`."""
    named = {key for seat in answer.specialists for key in seat.criteria}
    if unknown := sorted(named - set(rubric.keys)):
        raise Unreadable(f"`criteria` may name {', '.join(rubric.keys)}; they name {', '.join(unknown)}.")


def distinct_roles(wanted: Sequence[str], reserved: Collection[str]) -> tuple[str, ...]:
    """The roles a chair asked for. One that is taken, by the platform or an earlier seat, gets a number."""
    given: list[str] = []
    for role in map(str.strip, wanted):
        numbered = (f"{role[:ROLE_STEM]}-{number}" for number in range(2, 2 + len(wanted) + len(reserved)))
        free = (name for name in (role, *numbered) if name not in given and name not in reserved)
        given.append(next(free))
    return tuple(given)


def covered(criteria: Sequence[Sequence[str]], rubric: Rubric) -> list[tuple[str, ...]]:
    """What each seat answers for, in the rubric's order; the first also for what nobody named."""
    left = set(rubric.keys).difference(*criteria)
    whole = [set(criteria[0]) | left, *map(set, criteria[1:])]
    return [tuple(key for key in rubric.keys if key in mine) for mine in whole]


def check_sides(answer: MetaAnswer, roles: tuple[str, ...]) -> None:
    """Each disagreement must be between two reviewers of the panel; raises `Unreadable`."""
    for difference in answer.disagreements:
        if not difference.sides.keys() <= set(roles):
            named = ", ".join(difference.sides)
            raise Unreadable(f"`sides` must name two different reviewers of {', '.join(roles)}; they name {named}.")
