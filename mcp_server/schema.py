"""JSON Schema of the structs that tools take and give, without what a model pays for and does not need.

Input schemas are whole but for the longest lengths of texts, which a refusal names. Output schemas name the first
fields that every answer has. A list of tools stays short enough to be read at the start of every conversation.
"""

from typing import Any

import msgspec
from msgspec import Struct

UNTOLD = frozenset({"title", "default", "maxLength", "minLength", "maxItems"})
TOLD_FIELDS = 4
_REF = "#/$defs/"
_NULL = {"type": "null"}


def input_schema(type_: type[Struct]) -> dict[str, Any]:
    """Every argument with its description and limits. References are replaced by what they name."""
    root, parts = _components(type_)
    return _object(root, parts)


def output_schema(type_: type[Struct]) -> dict[str, Any]:
    """The first fields that every answer has."""
    root, _ = _components(type_)
    return {"type": "object", "required": root["required"][:TOLD_FIELDS]}


def _components(type_: type[Struct]) -> tuple[Any, dict[str, Any]]:
    (root,), parts = msgspec.json.schema_components([type_], ref_template=_REF + "{name}")
    return parts[root["$ref"].removeprefix(_REF)], parts


def _object(node: dict[str, Any], parts: dict[str, Any]) -> dict[str, Any]:
    fields = {name: _field(field, parts) for name, field in node["properties"].items()}
    closed = {key: node[key] for key in ("required", "additionalProperties") if node.get(key) is not None}
    return {"type": "object", "properties": fields, **closed}


def _field(node: dict[str, Any], parts: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in node:
        return _named(node, parts)
    if "anyOf" in node:  # an argument that may be left out is described by what it holds
        chosen = next(choice for choice in node["anyOf"] if choice != _NULL)
        described = {"description": node["description"]} if "description" in node else {}
        return {**_field(chosen, parts), **described}
    kept = {key: value for key, value in node.items() if key not in UNTOLD}
    for key in ("items", "additionalProperties"):
        if isinstance(kept.get(key), dict):
            kept[key] = _field(kept[key], parts)
    return kept


def _named(node: dict[str, Any], parts: dict[str, Any]) -> dict[str, Any]:
    named = parts[node["$ref"].removeprefix(_REF)]
    if "properties" not in named:
        return {"enum": named["enum"]}
    inside = _object(named, parts)
    return {key: value for key, value in inside.items() if key != "additionalProperties"}
