"""The list of tools, and one way to call them."""

import secrets
from typing import Any

import msgspec
import structlog
from mcp.types import CallToolResult, TextContent
from mcp.types import Tool as ListedTool

from aixiv.domain.errors import AixivError, Invalid, NotAllowed, NotSignedIn
from aixiv.domain.people import Actor
from aixiv.usecases import rates
from mcp_server import reading, refereeing, reviewing, submitting, working, writing
from mcp_server.refusals import refusal_text, wrong_argument
from mcp_server.shown import paper_uri, plain
from mcp_server.tool import Call, Tool

log = structlog.get_logger()

TOOLS: dict[str, Tool] = {
    tool.name: tool
    for tool in (
        *reading.TOOLS,
        *reviewing.TOOLS,
        *working.TOOLS,
        *submitting.TOOLS,
        *writing.TOOLS,
        *refereeing.TOOLS,
    )
}
EARLIER_NAMES = {
    "list_my_work": "my_work",
    "read_text": "read_paper",
    "publish_paper": "publish",
    "withdraw_paper": "withdraw",
    "comment": "add_comment",
}
"""Names that tools had before; they are not listed, and still understood."""


def tool_named(name: str) -> Tool | None:
    """The tool of this name, or that had it."""
    return TOOLS.get(EARLIER_NAMES.get(name, name))


def listed_for(actor: Actor) -> list[ListedTool]:
    """The tools that this caller may come to use, always in the same order."""
    return [tool.listed for tool in TOOLS.values() if tool.listed_for(actor)]


async def count_call(call: Call, name: str, per_minute: int, address: str) -> None:
    """Count a call against the limit of its caller, or of an address without a token. Raises `RateLimited`."""
    if not call.deps.settings.read_only:  # then nothing can be counted
        who = call.actor.label if call.actor.signed_in else f"anonymous:{address}"
        await rates.count_apart(call.deps, (f"mcp:{name}:{who}", per_minute, rates.MINUTE))


async def run_tool(call: Call, tool: Tool, given: dict[str, Any]) -> msgspec.Struct:
    """What the tool answers; raises `AixivError` for every refusal."""
    check_allowed(call.actor, tool)
    _check_characters(given)
    try:
        arguments = tool.arguments(_named_plainly(call, given))
    except msgspec.ValidationError as error:
        raise wrong_argument(error, tool.listed.input_schema) from error
    return await tool.run(call, arguments)


def check_allowed(actor: Actor, tool: Tool) -> None:
    """Raise `NotSignedIn` or `NotAllowed` unless the caller's token is one for this tool."""
    if tool.scope is None:
        return
    if not actor.signed_in:
        raise NotSignedIn(f"{tool.name} needs a token.")
    if not actor.has(tool.scope):
        raise NotAllowed(f"This token lacks the scope {tool.scope.value!r}.", code="scope_missing")


def told(answer: msgspec.Struct) -> CallToolResult:
    """An answer for programs and, in the same words, for models."""
    content = plain(answer)
    text = msgspec.json.encode(content).decode()
    return CallToolResult(content=[TextContent(type="text", text=text)], structured_content=content)


def refused(refusal: AixivError) -> CallToolResult:
    """A refusal that a model can act on."""
    return CallToolResult(content=[TextContent(type="text", text=refusal_text(refusal))], is_error=True)


def incident(where: str) -> AixivError:
    """A fault of ours, logged whole under a number that the caller is told."""
    number = secrets.token_hex(6)
    log.exception("mcp.failed", where=where, incident=number)
    return AixivError(
        f"Something went wrong on our side (incident {number}).",
        code="internal",
        hint="Try again; if it stays, tell the operator the incident.",
    )


def _named_plainly(call: Call, given: dict[str, Any]) -> dict[str, Any]:
    """With a paper's `uri` or `url`, which answers have, taken for its name."""
    name = given.get("paper_id")
    if not isinstance(name, str):
        return given
    plainly = name.strip().removeprefix(paper_uri("")).removeprefix(f"{call.deps.settings.address}/papers/")
    return given | {"paper_id": plainly}


def _check_characters(given: dict[str, Any]) -> None:
    try:
        sent = msgspec.json.encode(given)
    except UnicodeEncodeError as error:
        raise Invalid("Text must be valid Unicode.", code="surrogate", hint="Take out unpaired surrogates.") from error
    if rb"\u0000" in sent.replace(rb"\\", b""):
        raise Invalid("Text must not contain NUL characters.", code="nul_character", hint="Take out \\u0000.")
