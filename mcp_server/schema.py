"""JSON Schema of the structs that tools take and give, without what a model pays for and does not need.

Input schemas are whole. Output schemas describe the fields of an answer and leave the inside of nested objects open:
they hold for every answer, and a list of tools stays short enough to be read at the start of every conversation.
"""

from typing import Any

import msgspec
from msgspec import Struct

_REF = "#/$defs/"
_NULL = {"type": "null"}


def input_schema(type_: type[Struct]) -> dict[str, Any]:
    """Every argument with its description and limits. References are replaced by what they name."""
    return _object(*_components(type_), nested=True)


def output_schema(type_: type[Struct]) -> dict[str, Any]:
    """The fields of an answer with their kinds."""
    return _object(*_components(type_), nested=False)


def _components(type_: type[Struct]) -> tuple[Any, dict[str, Any]]:
    (root,), parts = msgspec.json.schema_components([type_], ref_template=_REF + "{name}")
    return parts[root["$ref"].removeprefix(_REF)], parts


def _object(node: dict[str, Any], parts: dict[str, Any], *, nested: bool) -> dict[str, Any]:
    made: dict[str, Any] = {"type": "object"}
    made["properties"] = {name: _field(field, parts, nested) for name, field in node["properties"].items()}
    if node.get("required"):
        made["required"] = node["required"]
    if node.get("additionalProperties") is False:
        made["additionalProperties"] = False
    return made


def _field(node: dict[str, Any], parts: dict[str, Any], nested: bool) -> dict[str, Any]:
    if "$ref" in node:
        named = parts[node["$ref"].removeprefix(_REF)]
        if "properties" in named:
            return _object(named, parts, nested=nested) if nested else {"type": "object"}
        return (
            {"enum": named["enum"]} if nested else {"type": "string"}
        )  # the classes beside structs are enums of words
    if "anyOf" in node:
        return _optional(node, parts, nested)
    left_out = ("title", "default") if nested else ("title", "default", "description", "format", "enum")
    kept = {key: value for key, value in node.items() if key not in left_out}
    for key in ("items", "additionalProperties"):
        if isinstance(kept.get(key), dict):
            kept[key] = _field(kept[key], parts, nested)
    return kept if "type" in kept or "enum" in kept else {"type": "string", **kept}


def _optional(node: dict[str, Any], parts: dict[str, Any], nested: bool) -> dict[str, Any]:
    """A field that may be left out is described by what it holds; one that is always there may be null."""
    choices = [_field(choice, parts, nested) for choice in node["anyOf"] if choice != _NULL]
    if len(choices) != 1 or "default" not in node:
        return {"anyOf": [*choices, _NULL]}
    described = {"description": node["description"]} if nested and "description" in node else {}
    return {**choices[0], **described}
