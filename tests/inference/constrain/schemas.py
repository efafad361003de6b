"""Random JSON schemas of the kinds that reviewers' reports and tools use, and how short an answer to one can be."""

import json
from typing import Any

from hypothesis import strategies as st

Schema = dict[str, Any]
PATTERNS = {  # fewest characters
    "^[a-z]{2,5}$": 2,
    r"^10\.\d{4}/[a-z0-9]+$": 9,
    "^(yes|no|perhaps)$": 2,
    "[0-9]$": 1,
    "x[0-9]y$": 3,
    "(ab|cde) f": 4,
}
FORMATS = {"date": 10, "uuid": 36}
NAMES = st.sampled_from(["name", "score", "weaknesses", "quote", "zitat_ü", 'odd "key"', "a b", "x"])


def _numbers() -> st.SearchStrategy[Schema]:
    pairs = st.tuples(st.integers(-500, 500), st.integers(0, 400))
    whole = pairs.map(lambda p: {"type": "integer", "minimum": p[0], "maximum": p[0] + p[1]})
    real = pairs.map(lambda p: {"type": "number", "minimum": p[0] / 4, "maximum": p[0] / 4 + p[1] + 0.25})
    open_ended = st.sampled_from(
        [
            {"type": "integer"},
            {"type": "number"},
            {"type": "number", "exclusiveMinimum": 0},
            {"type": "integer", "minimum": 1, "multipleOf": 7},
            {"type": "integer", "exclusiveMaximum": -20},
        ]
    )
    return st.one_of(whole, real, open_ended)


def _strings() -> st.SearchStrategy[Schema]:
    lengths = st.tuples(st.integers(0, 30), st.integers(0, 300))
    bounded = lengths.map(lambda p: {"type": "string", "minLength": p[0], "maxLength": p[0] + p[1]})
    patterns, formats = st.sampled_from([*PATTERNS]), st.sampled_from([*FORMATS])
    return st.one_of(
        st.just({"type": "string"}),
        bounded,
        patterns.map(lambda p: {"type": "string", "pattern": p}),
        formats.map(lambda f: {"type": "string", "format": f}),
    )


def _leaves() -> st.SearchStrategy[Schema]:
    constants = st.one_of(st.none(), st.booleans(), st.integers(-9, 99), st.text('aé"\\\n論', max_size=6))
    return st.one_of(
        _numbers(),
        _strings(),
        st.sampled_from([{"type": "boolean"}, {"type": "null"}, {"type": ["string", "null"]}]),
        st.lists(constants, min_size=1, max_size=4).map(lambda values: {"enum": values}),
        constants.map(lambda value: {"const": value}),
    )


@st.composite
def _objects(draw: st.DrawFn, inner: st.SearchStrategy[Schema]) -> Schema:
    properties = draw(st.dictionaries(NAMES, inner, max_size=4))
    required = [name for name in properties if draw(st.booleans())]
    schema: Schema = {"type": "object", "properties": properties, "required": required}
    more = draw(st.sampled_from([None, False, {"type": "integer"}]))
    return schema if more is None else {**schema, "additionalProperties": more}


def _arrays(inner: st.SearchStrategy[Schema]) -> st.SearchStrategy[Schema]:
    sizes = st.tuples(st.integers(0, 3), st.integers(0, 5))
    return st.tuples(inner, sizes).map(
        lambda p: {"type": "array", "items": p[0], "minItems": p[1][0], "maxItems": p[1][0] + p[1][1]}
    )


def _choices(inner: st.SearchStrategy[Schema]) -> st.SearchStrategy[Schema]:
    return st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"anyOf": parts})


def schemas() -> st.SearchStrategy[Schema]:
    """Schemas of an object, nested a few levels deep."""
    inner = st.recursive(
        _leaves(), lambda below: st.one_of(_objects(below), _arrays(below), _choices(below)), max_leaves=8
    )
    recursive: Schema = {
        "$ref": "#/$defs/node",
        "$defs": {
            "node": {
                "type": "object",
                "properties": {
                    "text": {"type": "string"},
                    "children": {"type": "array", "items": {"$ref": "#/$defs/node"}},
                },
                "required": ["text", "children"],
                "additionalProperties": False,
            }
        },
    }
    return st.one_of(_objects(inner), st.just(recursive))


def fewest_bytes(schema: Schema) -> int:
    """How long the shortest answer is, reckoned from the schema alone; schemas are those of this module."""
    if "$ref" in schema:
        return len('{"text":"","children":[]}')
    if "const" in schema or "enum" in schema:
        return min(map(_written, schema.get("enum", [schema.get("const")])))
    if "anyOf" in schema:
        return min(map(fewest_bytes, schema["anyOf"]))
    kind = schema["type"]
    if kind == "object":
        required = schema["required"]
        inside = sum(_written(name) + 1 + fewest_bytes(schema["properties"][name]) for name in required)
        return 2 + inside + max(0, len(required) - 1)
    if kind == "array":
        return 2 + max(0, int(schema["minItems"]) * (fewest_bytes(schema["items"]) + 1) - 1)
    if kind == "string":
        known = PATTERNS.get(schema.get("pattern", ""), 0) + FORMATS.get(schema.get("format", ""), 0)
        return 2 + max(known, int(schema.get("minLength", 0)))
    if kind in ("integer", "number"):
        return _shortest_number(schema)
    return 4 if kind in ("boolean", "null") else 2


def _shortest_number(schema: Schema) -> int:
    step = schema.get("multipleOf", 1)
    low = schema.get("minimum", schema.get("exclusiveMinimum", -1000) + 1)
    high = schema.get("maximum", schema.get("exclusiveMaximum", 1001) - 1)
    whole = [number for number in range(-1000, 1001) if low <= number <= high and number % step == 0]
    return min((len(str(number)) for number in whole), default=len(str(low)))


def _written(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False).encode())
