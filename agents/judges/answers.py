"""What a language model may answer: the shapes, their JSON schemas, and how a raw answer is read."""

import re
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


def check_scores(answer: ReviewAnswer, rubric: Rubric) -> None:
    """Every criterion must be scored once; raises `Unreadable`."""
    given = [s.criterion for s in answer.scores]
    if sorted(given) != sorted(rubric.keys):
        raise Unreadable(f"`scores` must hold each of {', '.join(rubric.keys)} exactly once; it holds {given}.")
