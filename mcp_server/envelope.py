"""The JSON-RPC message in a request's body, checked before anything else reads it.

A body that is no message is refused here, in one way for both eras and in words that say what to send instead. Clients
of the older revisions say only in the body which tool they call, so the gate needs to read it in any case.
"""

from typing import Any

import msgspec
from mcp.types import INVALID_REQUEST, PARSE_ERROR
from msgspec import UNSET, Struct, UnsetType

JSON_TYPE = "application/json"
MOST_DEPTH = 64
"""Levels of lists and objects; the deepest that a tool takes is five."""
MOST_ID = 200
EXAMPLE = '{"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}'

NOT_JSON = (
    "The body is not JSON in UTF-8, or it holds an unpaired surrogate or a number beyond every range. "
    f"Fix: send one JSON-RPC message, such as {EXAMPLE}."
)
TOO_DEEP = f"The body is nested more than {MOST_DEPTH} levels deep. Fix: send what the tool's input schema describes."
BATCH = "Batches are not taken since revision 2025-06-18. Fix: send each message in a request of its own."
NOT_OBJECT = f"The body is not an object. Fix: send one JSON-RPC message, such as {EXAMPLE}."
VERSION = 'jsonrpc is not "2.0". Fix: every message has "jsonrpc": "2.0".'
BAD_ID = (
    f"id is neither a whole number nor a text of up to {MOST_ID} characters. Fix: send one; notifications have none."
)
BAD_METHOD = "method is not a text. Fix: name the method, such as tools/call."
BAD_PARAMS = "params is not an object. Fix: send parameters by their names."
BAD_NAME = "params.name is not a text. Fix: name the tool or prompt."
BAD_ARGUMENTS = "params.arguments is not an object. Fix: send arguments by their names."
BAD_ANSWER = "A response has an id, and a result that is an object or an error with code and message. Fix: send these."
NO_MESSAGE = f"The message has no method, result or error. Fix: send a request, such as {EXAMPLE}."
WRONG_TYPE = f"The body is not announced as {JSON_TYPE}. Fix: send the header Content-Type: {JSON_TYPE}."

NAMED = ("tools/call", "prompts/get")


class Malformed(Exception):
    """The body is no message. `id` is the message's own where it has one that can be one."""

    def __init__(self, code: int, words: str, id_: int | str | None = None) -> None:
        super().__init__(words)
        self.code = code
        self.words = words
        self.id = id_


class Message(Struct, frozen=True):
    """The little of a message that the gate looks at."""

    id: int | str | None
    method: str  # empty for a response
    name: str  # of the tool or prompt, where the method has one


class _Error(Struct, frozen=True):
    code: int
    message: str


def announced_as_json(content_type: str) -> bool:
    """Whether the header says that the body is JSON."""
    return content_type.partition(";")[0].strip().lower() == JSON_TYPE


def read_message(body: bytes) -> Message:
    """The message; raises `Malformed`."""
    try:
        said = msgspec.json.decode(body)
    except RecursionError as error:
        raise Malformed(PARSE_ERROR, TOO_DEEP) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(PARSE_ERROR, NOT_JSON) from error
    if not isinstance(said, dict):
        raise Malformed(INVALID_REQUEST, BATCH if isinstance(said, list) else NOT_OBJECT)
    id_ = said.get("id", UNSET)
    known = id_ if _can_be_id(id_) else None
    if wrong := _wrong(said, id_):
        raise Malformed(INVALID_REQUEST, wrong, known)
    if _depth(said) > MOST_DEPTH:
        raise Malformed(INVALID_REQUEST, TOO_DEEP, known)
    method = said.get("method", "")
    name = said.get("params", {}).get("name", "") if method in NAMED else ""
    return Message(id=known, method=method, name=name)


def _wrong(said: dict[str, Any], id_: Any | UnsetType) -> str:
    """What makes this object no message; nothing when it is one."""
    if said.get("jsonrpc") != "2.0":
        return VERSION
    if id_ is not UNSET and not _can_be_id(id_):
        return BAD_ID
    if "method" in said:
        return _wrong_request(said)
    if "result" not in said and "error" not in said:
        return NO_MESSAGE
    return "" if id_ is not UNSET and _is_answer(said) else BAD_ANSWER


def _wrong_request(said: dict[str, Any]) -> str:
    method, params = said["method"], said.get("params", {})
    if not isinstance(method, str):
        return BAD_METHOD
    if not isinstance(params, dict):
        return BAD_PARAMS
    if method not in NAMED:
        return ""
    if not isinstance(params.get("name"), str):
        return BAD_NAME
    return "" if isinstance(params.get("arguments"), dict | None) else BAD_ARGUMENTS


def _is_answer(said: dict[str, Any]) -> bool:
    if "result" in said:
        return "error" not in said and isinstance(said["result"], dict)
    try:
        msgspec.convert(said["error"], _Error)
    except msgspec.ValidationError:
        return False
    return True


def _can_be_id(id_: Any | UnsetType) -> bool:
    if isinstance(id_, str):
        return len(id_) <= MOST_ID
    return isinstance(id_, int) and not isinstance(id_, bool) and abs(id_) < 2**63


def _depth(value: Any) -> int:
    """Levels of lists and objects. Level by level, so that no depth can break it."""
    level, depth = [value], 0
    while level := [inner for outer in level if isinstance(outer, dict | list) for inner in _inside(outer)]:
        depth += 1
    return depth


def _inside(value: dict[str, Any] | list[Any]) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else value
