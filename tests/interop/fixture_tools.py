"""Tools of the conformance fixture, with the names and behaviour that the suite asks for."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from mcp import MCPError
from mcp.types import CallToolResult, ElicitResult, SamplingMessage, TextContent

from tests.interop.asking import asking, elicit, roots, sample
from tests.interop.fixture_data import AUDIO, IMAGE, embedded, text

MISSING_CAPABILITY = -32021
EMPTY: dict[str, Any] = {"type": "object", "properties": {}, "additionalProperties": False}
PAUSE = 0.05


class Made(NamedTuple):
    """A tool: how it runs, and what it takes."""

    run: Callable[[Any, Any], Awaitable[Any]]
    schema: dict[str, Any] = EMPTY


def fixed(*content: Any, error: bool = False) -> Made:
    async def run(_: Any, __: Any) -> CallToolResult:
        return CallToolResult(content=list(content), is_error=error)

    return Made(run)


def said(words: str) -> CallToolResult:
    return CallToolResult(content=[text(words)])


def taking(**kinds: str) -> dict[str, Any]:
    fields = {name: {"type": kind, "description": name} for name, kind in kinds.items()}
    return {"type": "object", "properties": fields, "required": list(kinds)}


async def progress(context: Any, _: Any) -> CallToolResult:
    for done in (0, 50, 100):
        await context.session.report_progress(done, 100)
        await asyncio.sleep(PAUSE)
    return said("done")


async def logging(context: Any, _: Any) -> CallToolResult:
    for words in ("Tool execution started", "Tool processing data", "Tool execution completed"):
        await context.session.send_log_message("info", words, related_request_id=context.request_id)
        await asyncio.sleep(PAUSE)
    return said("done")


async def sampling(context: Any, params: Any) -> CallToolResult:
    message = SamplingMessage(role="user", content=TextContent(type="text", text=params.arguments["prompt"]))
    answer = await context.session.create_message([message], max_tokens=100, related_request_id=context.request_id)
    return said(f"LLM response: {answer.content.text}")


def pushed(properties: dict[str, Any], lead: str, required: tuple[str, ...] = ()) -> Made:
    """A question pushed over an older client's connection."""

    async def run(context: Any, params: Any) -> CallToolResult:
        schema = {"type": "object", "properties": properties, "required": list(required)}
        message = (params.arguments or {}).get("message", "Please answer")
        answer = await context.session.elicit_form(message, schema, context.request_id)
        return said(f"{lead}: action={answer.action}, content={answer.content}")

    return Made(run, taking(message="string") if required else EMPTY)


def asked(**requests: Any) -> Made:
    """Questions asked by a result; the answers are told back."""

    async def run(_: Any, params: Any) -> Any:
        answers = params.input_responses or {}
        if not set(requests) <= {name for name, answer in answers.items() if _fits(requests[name], answer)}:
            return asking("asked" if len(requests) > 1 else None, **requests)
        return said(" ".join(f"Hello, {_told(answers[name])}!" for name in requests))

    return Made(run)


def _fits(request: Any, answer: Any) -> bool:
    if request.method != "elicitation/create":
        return not isinstance(answer, ElicitResult)
    if not isinstance(answer, ElicitResult):
        return False
    wanted = request.params.requested_schema["properties"]
    given = answer.content or {}
    return answer.action != "accept" or all(isinstance(given.get(name), str | bool) for name in wanted)


def _told(answer: Any) -> Any:
    return answer.content if isinstance(answer, ElicitResult) else answer.model_dump(mode="json")


async def stateful(_: Any, params: Any) -> Any:
    if params.request_state != "confirming" or "confirm" not in (params.input_responses or {}):
        return asking("confirming", confirm=elicit("Please confirm", "ok", "boolean"))
    return said("state-ok")


async def rounds(_: Any, params: Any) -> Any:
    answers = params.input_responses or {}
    if params.request_state == "two" and "step2" in answers:
        return said("done")
    if params.request_state == "one" and "step1" in answers:
        return asking("two", step2=elicit("Step 2: What is your favorite color?", "color"))
    return asking("one", step1=elicit("Step 1: What is your name?", "name"))


async def capabilities(context: Any, _: Any) -> Any:
    declared = context.session.client_capabilities
    requests: dict[str, Any] = {}
    if declared and declared.sampling is not None:
        requests["greeting"] = sample("Generate a greeting", 50)
    if declared and declared.elicitation is not None:
        requests["user_name"] = elicit("What is your name?", "name")
    return asking(**requests) if requests else said("nothing to ask")


async def missing(context: Any, _: Any) -> CallToolResult:
    declared = context.session.client_capabilities
    if declared is None or declared.sampling is None:
        data = {"requiredCapabilities": {"sampling": {}}}
        raise MCPError(MISSING_CAPABILITY, "This needs sampling", data=data)
    return said("sampled")


NAME = elicit("What is your name?", "name")
CHOICE = [{"const": f"value{n}", "title": f"{word} Option"} for n, word in ((1, "First"), (2, "Second"), (3, "Third"))]
TOOLS: dict[str, Made] = {
    "test_simple_text": fixed(text("This is a simple text response for testing.")),
    "test_image_content": fixed(IMAGE),
    "test_audio_content": fixed(AUDIO),
    "test_embedded_resource": fixed(embedded("test://embedded-resource", "This is an embedded resource content.")),
    "test_multiple_content_types": fixed(
        text("Multiple content types test:"),
        IMAGE,
        embedded("test://mixed-content-resource", '{"test":"data","value":123}', "application/json"),
    ),
    "test_error_handling": fixed(text("This tool intentionally returns an error for testing"), error=True),
    "test_tool_with_progress": Made(progress),
    "test_tool_with_logging": Made(logging),
    "test_logging_tool": Made(logging),
    "test_sampling": Made(sampling, taking(prompt="string")),
    "test_elicitation": pushed(
        {
            "username": {"type": "string", "description": "User's response"},
            "email": {"type": "string", "description": "User's email address"},
        },
        "User response",
        ("username", "email"),
    ),
    "test_elicitation_sep1034_defaults": pushed(
        {
            "name": {"type": "string", "default": "John Doe"},
            "age": {"type": "integer", "default": 30},
            "score": {"type": "number", "default": 95.5},
            "status": {"type": "string", "enum": ["active", "inactive", "pending"], "default": "active"},
            "verified": {"type": "boolean", "default": True},
        },
        "Elicitation completed",
    ),
    "test_elicitation_sep1330_enums": pushed(
        {
            "untitledSingle": {"type": "string", "enum": ["option1", "option2", "option3"]},
            "titledSingle": {"type": "string", "oneOf": CHOICE},
            "legacyEnum": {
                "type": "string",
                "enum": ["opt1", "opt2", "opt3"],
                "enumNames": ["Option One", "Option Two", "Option Three"],
            },
            "untitledMulti": {"type": "array", "items": {"type": "string", "enum": ["option1", "option2", "option3"]}},
            "titledMulti": {"type": "array", "items": {"anyOf": CHOICE}},
        },
        "Elicitation completed",
    ),
    "test_missing_capability": Made(missing),
    "test_streaming_elicitation": asked(user_name=NAME),
    "test_input_required_result_elicitation": asked(user_name=NAME),
    "test_input_required_result_sampling": asked(capital_question=sample("What is the capital of France?", 100)),
    "test_input_required_result_list_roots": asked(client_roots=roots()),
    "test_input_required_result_multiple_inputs": asked(
        user_name=NAME, greeting=sample("Generate a greeting", 50), client_roots=roots()
    ),
    "test_input_required_result_request_state": Made(stateful),
    "test_input_required_result_tampered_state": Made(stateful),
    "test_input_required_result_multi_round": Made(rounds),
    "test_input_required_result_capabilities": Made(capabilities),
}
