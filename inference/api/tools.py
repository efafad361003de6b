"""Tools: their part in the grammar of an answer, and the calls in a finished one. Constrained, so never guessed at.

A call is written as the checkpoint's template teaches it: between `<tool_call>` tags (Qwen, Hermes), or as a bare
object (Llama). When one function is demanded by name, the answer is its arguments and nothing else.
"""

import json
import secrets
from collections.abc import Sequence
from typing import Any, Literal

from msgspec import Struct, field

from inference.api.errors import RefusedError
from inference.constrain.closing import largest_jump

OPEN, CLOSE = "<tool_call>\n", "\n</tool_call>"
TAGS = (OPEN.strip(), CLOSE.strip())
TAG_BYTES = len(OPEN) + len(CLOSE) + 40
WITHOUT_CALLS = r"/(.|\n)*/ & ~/(.|\n)*<tool_call>\n(.|\n)*/"  # so that what looks like a call is one
NO_ARGUMENTS = {"type": "object", "properties": {}, "additionalProperties": False}
INSTRUCTION = """You may call these functions. A call is written as
<tool_call>
{"name": "the function's name", "arguments": {...}}
</tool_call>
"""


class Function(Struct, frozen=True, forbid_unknown_fields=True):
    """What can be called, without `parameters` with none. `strict` changes nothing: every call follows its schema."""

    name: str
    description: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    strict: bool | None = None

    @property
    def schema(self) -> dict[str, Any]:
        """What the arguments must be."""
        return self.parameters or NO_ARGUMENTS


class Tool(Struct, frozen=True, forbid_unknown_fields=True):
    """OpenAI's wrapping of a function."""

    type: Literal["function"]
    function: Function


class Named(Struct, frozen=True, forbid_unknown_fields=True):
    """The name of a function."""

    name: str


class Chosen(Struct, frozen=True, forbid_unknown_fields=True):
    """The function that must be called."""

    type: Literal["function"]
    function: Named


Mode = Literal["none", "auto", "required", "named"]


class Toolbox(Struct, frozen=True):
    """The tools of one request, and how they may be used."""

    tools: Sequence[Tool]
    mode: Mode
    named: Function | None
    parallel: bool
    tagged: bool
    control: bool  # the tags are control tokens of this tokenizer, not text

    @property
    def active(self) -> bool:
        """Whether an answer may contain a call."""
        return self.mode != "none"

    @property
    def opening(self) -> str:
        """Where the part of an answer begins that is calls and no text; empty when there are none."""
        return "" if not self.active else OPEN if self.tagged else "{"

    def shown(self) -> list[dict[str, Any]]:
        """The tools as a template wants them."""
        return [
            {
                "type": "function",
                "function": {
                    "name": tool.function.name,
                    "description": tool.function.description,
                    "parameters": tool.function.parameters,
                },
            }
            for tool in self.tools
        ]

    def grammar(self) -> tuple[str, int]:
        """What an answer looks like, in Lark, and how many bytes one token can push its end away."""
        opening, closing = _tags(self.control) if self.tagged else ("", "")
        key = "arguments" if self.tagged else "parameters"
        bodies = [_call_schema(tool.function, key) for tool in self.tools]
        rules = [f"body: {' | '.join(f'body_{place}' for place in range(len(bodies)))}"]
        rules += [f"body_{place}: %json {json.dumps(schema)}" for place, schema in enumerate(bodies)]
        rules.append(f"call: {opening} body {closing}")
        more = ' ("\\n" call)*' if self.parallel else ""
        if self.mode == "required":
            rules.append(f"start: call{more}")
        elif self.tagged:
            rules += [f"TEXT: {WITHOUT_CALLS}", f"first{'' if self.control else '[lazy]'}: TEXT {opening}"]
            rules.append(f"start: plain | first body {closing}{more}\nplain: TEXT")
        else:
            rules += ["TEXT: /[^{](.|\\n)*/", f"start: TEXT | call{more}"]
        jump = max(largest_jump({"inside": schema}) for schema in bodies) + TAG_BYTES
        return "\n".join(rules) + "\n", jump

    def calls(self, text: str) -> tuple[str, list[dict[str, Any]]]:
        """The text before the calls, and the calls, of a whole answer."""
        if self.named is not None:
            return "", [call(self.named.name, text)]
        if not self.tagged:
            if not text.startswith("{"):
                return text, []
            found = [json.loads(line) for line in text.split("\n")]
            return "", [call(one["name"], _compact(one["parameters"])) for one in found]
        plain, *bodies = text.split(OPEN)
        found = [json.loads(body.split(CLOSE)[0]) for body in bodies]
        return plain, [call(one["name"], _compact(one["arguments"])) for one in found]


def toolbox(
    tools: Sequence[Tool],
    choice: Literal["none", "auto", "required"] | Chosen | None,
    parallel: bool,
    *,
    template: str,
    control: bool,
) -> Toolbox:
    """Read the three fields of a request. Raises `RefusedError` when they do not fit each other."""
    if not tools and choice not in (None, "none", "auto"):
        raise RefusedError(400, "'tool_choice' demands a call, but 'tools' holds nothing", param="tool_choice")
    names = [tool.function.name for tool in tools]
    if len(set(names)) < len(names):
        raise RefusedError(400, "two tools have one name", param="tools")
    named = None
    if isinstance(choice, Chosen):
        named = next((tool.function for tool in tools if tool.function.name == choice.function.name), None)
        if named is None:
            raise RefusedError(400, f"there is no tool {choice.function.name!r}", param="tool_choice")
    mode: Mode = "named" if named else "none" if not tools or isinstance(choice, Chosen) else choice or "auto"
    tagged = "<tool_call>" in template or "tools" not in template
    return Toolbox(tools, mode, named, parallel, tagged, control)


def call(name: str, arguments: str) -> dict[str, Any]:
    """One call as OpenAI's clients read it; `arguments` is JSON in a text."""
    made = "call_" + secrets.token_hex(12)
    return {"id": made, "type": "function", "function": {"name": name, "arguments": arguments}}


def _call_schema(function: Function, key: str) -> dict[str, Any]:
    parameters = dict(function.schema)
    shared: dict[str, Any] = {name: parameters.pop(name) for name in ("$defs", "definitions") if name in parameters}
    return {
        **shared,
        "x-guidance": {"whitespace_flexible": False},
        "type": "object",
        "properties": {"name": {"const": function.name}, key: parameters},
        "required": ["name", key],
        "additionalProperties": False,
    }


def _tags(control: bool) -> tuple[str, str]:
    """The tags in Lark: control tokens go by their bare name, texts in quotes."""
    if control:
        return '<tool_call> "\\n"', '"\\n" </tool_call>'
    return json.dumps(OPEN), json.dumps(CLOSE)


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
