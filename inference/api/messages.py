"""The messages of a conversation as clients send them, and as templates want them."""

import json
from collections.abc import Sequence
from typing import Any, Literal

from msgspec import Struct

from inference.api.errors import RefusedError


class TextPart(Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="text"):
    """A part of a content. There are no others here: this service reads text."""

    text: str


class CalledFunction(Struct, frozen=True, forbid_unknown_fields=True):
    """What was called; `arguments` is JSON in a text."""

    name: str
    arguments: str


class ToolCall(Struct, frozen=True, forbid_unknown_fields=True):
    """A call that the assistant made earlier. `index` is what some clients leave in from a stream."""

    id: str
    type: Literal["function"]
    function: CalledFunction
    index: int | None = None


class ChatMessage(Struct, frozen=True, forbid_unknown_fields=True):
    """Anybody's message. `refusal` is taken when empty, as clients send back what they were given."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[TextPart] | None = None
    name: str | None = None
    tool_calls: list[ToolCall] | None = None
    tool_call_id: str | None = None
    refusal: None = None


def for_template(messages: Sequence[ChatMessage]) -> list[dict[str, Any]]:
    """Plain dictionaries: one text for every content, arguments as objects, `developer` as the system it is."""
    return [_plain(message, place) for place, message in enumerate(messages)]


def _plain(message: ChatMessage, place: int) -> dict[str, Any]:
    content = message.content
    if isinstance(content, list):
        content = "".join(part.text for part in content)
    if content is None and not (message.role == "assistant" and message.tool_calls):
        raise RefusedError(400, f"message {place} has no content", param="messages")
    made: dict[str, Any] = {
        "role": "system" if message.role == "developer" else message.role,
        "content": content or "",
    }
    if message.name is not None:
        made["name"] = message.name
    if message.tool_call_id is not None:
        made["tool_call_id"] = message.tool_call_id
    if message.tool_calls:
        made["tool_calls"] = [_call(one, place) for one in message.tool_calls]
    return made


def _call(made: ToolCall, place: int) -> dict[str, Any]:
    try:
        arguments = json.loads(made.function.arguments or "{}")
    except (ValueError, RecursionError) as error:
        raise RefusedError(400, f"message {place}: the arguments are not JSON", param="messages") from error
    return {"id": made.id, "type": "function", "function": {"name": made.function.name, "arguments": arguments}}
