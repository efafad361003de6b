"""JSON Schema of the structs that tools take and give, without what a model pays for and does not need.

Input schemas are whole. Output schemas name the fields of an answer and their kinds and leave the inside open: they
hold for every answer, and a list of tools stays short enough to be read at the start of every conversation.
"""

from typing import Any

import msgspec
from msgspec import Struct

_REF = "#/$defs/"
_NULL = {"type": "null"}


def input_schema(type_: type[Struct]) -> dict[str, Any]:
    """Every argument with its description and limits. References are replaced by what they name."""
    root, parts = _components(type_)
    return _object(root, parts)


def output_schema(type_: type[Struct]) -> dict[str, Any]:
    """The fields of an answer with their kinds."""
    root, parts = _components(type_)
    return {"type": "object", "properties": {name: _kind(field, parts) for name, field in root["properties"].items()}}


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
    kept = {key: value for key, value in node.items() if key not in ("title", "default")}
    for key in ("items", "additionalProperties"):
        if isinstance(kept.get(key), dict):
            kept[key] = _field(kept[key], parts)
    return kept


def _named(node: dict[str, Any], parts: dict[str, Any]) -> dict[str, Any]:
    named = parts[node["$ref"].removeprefix(_REF)]
    return _object(named, parts) if "properties" in named else {"enum": named["enum"]}


def _kind(node: dict[str, Any], parts: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in node:
        return _kind(_named(node, parts), parts)
    if "anyOf" in node:
        (kind,) = (_kind(choice, parts)["type"] for choice in node["anyOf"] if choice != _NULL)
        return {"type": [kind, "null"]} if "default" not in node else {"type": kind}  # left out when it is empty
    return {"type": node.get("type", "string")}  # words of an enumeration have no type of their own
