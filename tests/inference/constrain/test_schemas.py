"""Whatever the schema and however little room there is: what a model that knows nothing says is valid."""

import json
import re
import time
from typing import Any, Literal

import jsonschema
import pytest
import torch
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from inference.api.tools import Function, Tool, toolbox
from inference.constrain import guidance
from inference.constrain.guidance import BadGrammar
from inference.constrain.patterns import sample
from tests.inference.constrain.sampled import answer, vocabulary
from tests.inference.constrain.schemas import fewest_bytes, schemas

PHASES = (Phase.explicit, Phase.reuse, Phase.generate)  # a smaller schema is no clearer, and takes minutes to find
QUIET = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)
ROOM = st.one_of(st.integers(0, 100), st.integers(300, 700))  # tokens beyond what the shortest answer takes


def check(schema: dict[str, Any], room: int, seed: int) -> None:
    """An answer that ended is valid, and one with a fourth more room than the shortest needs has ended."""
    fewest = fewest_bytes(schema)  # a token says at least one byte
    text, ended = answer("json_schema", schema, limit=fewest + room, seed=seed)
    if ended == "stop":
        jsonschema.validate(json.loads(text), schema)
    assert ended == "stop" or room < 8 + fewest / 4


@settings(max_examples=40, deadline=None, phases=PHASES, suppress_health_check=QUIET)
@given(schemas(), ROOM, st.integers(0, 2**30))
def test_every_answer_ends_and_validates_wherever_the_shortest_fits(
    schema: dict[str, Any], room: int, seed: int
) -> None:
    check(schema, room, seed)


@pytest.mark.slow
@pytest.mark.timeout(900)
@settings(max_examples=1000, deadline=None, phases=PHASES, suppress_health_check=QUIET)
@given(schemas(), ROOM, st.integers(0, 2**30))
def test_a_thousand_schemas(schema: dict[str, Any], room: int, seed: int) -> None:
    check(schema, room, seed)


@pytest.mark.parametrize("limit", [1, 3])
def test_too_little_room_is_said(limit: int) -> None:
    schema = {"type": "object", "properties": {"why": {"type": "string"}}, "required": ["why"]}
    assert answer("json_schema", schema, limit=limit)[1] == "length"


@pytest.mark.parametrize(
    "pattern", ["[0-9]$", "~$", "^[^}]*b$", "x[0-9]y$", "ab", '"q"$', "(ab){3}|(?i:[^\\W\\d]{9})$"]
)
def test_an_end_is_found_where_it_must_be_looked_for(pattern: str) -> None:
    schema = {"type": "array", "items": {"type": "string", "pattern": pattern}, "minItems": 3, "maxItems": 3}
    text, ended = answer("json_schema", schema, limit=90, seed=3)
    assert ended == "stop"
    jsonschema.validate(json.loads(text), schema)


def test_an_end_behind_anything_is_found_outside_of_json_too() -> None:
    for seed in range(3):
        text, ended = answer("regex", "(.|\n)*x[0-9]y", limit=40, seed=seed)
        assert (ended, re.fullmatch(r"(.|\n)*x[0-9]y", text) is not None) == ("stop", True)


@pytest.mark.parametrize(
    ("kind", "source", "limit"),
    [
        ("regex", "[1-5]", 1),
        ("regex", "[a-f]{3}-[0-9]+x", 12),
        ("choice", ["a", "b", "c"], 2),
        ("lark", 'start: "a"+ NUMBER\nNUMBER: /[0-9]{2}/', 6),
        ("json_schema", {"enum": [1, 2, 3, "four"]}, 8),
    ],
)
def test_however_little_room_there_is_the_model_chooses(kind: str, source: Any, limit: int) -> None:
    said = [answer(kind, source, limit=limit, seed=seed) for seed in range(20)]
    assert {ended for _, ended in said} == {"stop"}
    assert len({text for text, _ in said}) > 2


@pytest.mark.parametrize("mode", ["required", "auto"])
def test_calls_that_begin_are_finished(mode: Literal["required", "auto"]) -> None:
    tool = Tool("function", Function("look", "", {"type": "object", "properties": {"q": {"type": "string"}}}))
    box = toolbox([tool], mode, True, template="", control=False)
    grammar, jump = box.grammar()
    for seed in range(12):
        text, ended = answer("lark", grammar, limit=60 + 9 * seed, seed=seed, jump=jump)
        assert ended == "stop"
        assert box.calls(text)[1] or mode == "auto"


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("^a{2,}[^0a ][x-z]?$", "aaA"),
        (r"\d-\D|\s\S\W", "0-a"),
        ("(?P<n>é.){2}", "é0é0"),
        ("[^\\w\\s]", "-"),
        ("a{999}|b", "b"),
        ("", ""),
    ],
)
def test_a_sample_of_a_pattern_is_short(pattern: str, text: str) -> None:
    assert sample(pattern) == text


def test_no_pattern_keeps_the_service_busy() -> None:
    began = time.process_time()
    assert sample("((a+)+" + "c" * 32 + ")|a{26}") == "a" * 26
    assert sample("(" * 5 + "a" + "{250})" * 5) is None
    assert time.process_time() - began < 0.5


@pytest.mark.parametrize("pattern", ["a(?=b)c", "(a)\\1", "a{999}", "(", r"a\bb"])
def test_no_sample_is_better_than_a_wrong_one(pattern: str) -> None:
    assert sample(pattern) is None


class Leaf(BaseModel):
    """What pydantic makes of the types that people write."""

    kind: str = Field(pattern="^[a-z]+$", max_length=20)
    pair: tuple[int, str]
    score: float = Field(gt=0, le=1)


class Tree(BaseModel):
    """Refers to itself."""

    leaf: Leaf | None = None
    tags: dict[str, int] = Field(max_length=3, default={})
    children: list["Tree"] = Field(max_length=2)


@pytest.mark.parametrize("seed", range(3))
def test_schemas_as_pydantic_writes_them_are_followed(seed: int) -> None:
    schema = Tree.model_json_schema()
    schema["$defs"]["Tree"]["properties"]["tags"].pop("maxProperties")
    text, ended = answer("json_schema", schema, limit=300, seed=seed)
    assert ended == "stop"
    assert isinstance(Tree.model_validate_json(text), Tree)


@pytest.mark.parametrize("word", ["uniqueItems", "not", "if", "contains", "propertyNames", "dependentRequired"])
def test_what_cannot_be_enforced_is_refused_by_name(word: str) -> None:
    with pytest.raises(BadGrammar, match=word):
        guidance.compile("json_schema", {"type": ["array", "object"], word: True}, vocabulary())


@pytest.mark.parametrize(
    ("kind", "source"),
    [
        ("regex", r"[^\s\S]"),
        ("lark", "start: start"),
        ("lark", 'start: "a" start'),
        ("json_schema", {"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]}),
    ],
)
def test_a_form_without_any_answer_is_refused(kind: Any, source: Any) -> None:
    with pytest.raises(BadGrammar, match="no answer can follow it"):
        guidance.compile(kind, source, vocabulary())


def test_a_dead_end_is_an_error_and_not_an_answer() -> None:
    constraint = guidance.compile("lark", 'start: "b" A | "c"\nA: /[^\\s\\S]/', vocabulary())
    begun = vocabulary().byte_tokens.spell(b"b")
    assert begun is not None
    constraint.accept(begun[0])
    with pytest.raises(ValueError, match="NoExtension"):
        constraint.mask(torch.zeros(vocabulary().words, dtype=torch.int32))
    with pytest.raises(ValueError, match="NoExtension"):
        assert constraint.done
