"""An application with the fixtures that the official conformance suite calls, hosted exactly as the real server is.

`uvicorn --factory tests.interop.fixture:create_app` needs no database and no storage: nobody has a token here.
"""

from typing import Any

from litestar import Litestar
from mcp import MCPError
from mcp.server.lowlevel import Server
from mcp.server.request_state import RequestStateBoundary, RequestStateSecurity
from mcp.types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CompleteResult,
    Completion,
    EmptyResult,
    GetPromptRequestParams,
    GetPromptResult,
    InputRequiredResult,
    ListPromptsResult,
    ListResourcesResult,
    ListResourceTemplatesResult,
    ListToolsResult,
    Prompt,
    PromptArgument,
    PromptMessage,
    ReadResourceRequestParams,
    ReadResourceResult,
    Resource,
    ResourceTemplate,
    Tool,
)
from pydantic import SecretStr

from aixiv.bootstrap import build
from aixiv.settings import Settings
from mcp_server.app import hosting, principal
from tests.interop.fixture_data import CONTENTS, PROMPTS, TEMPLATE
from tests.interop.fixture_tools import TOOLS


async def list_tools(_: Any, __: Any) -> ListToolsResult:
    return ListToolsResult(
        tools=[Tool(name=name, description=name, input_schema=made.schema) for name, made in TOOLS.items()]
    )


async def call_tool(context: Any, params: CallToolRequestParams) -> Any:
    if params.name not in TOOLS:
        raise MCPError(INVALID_PARAMS, f"Unknown tool: {params.name}")
    return await TOOLS[params.name].run(context, params)


async def list_resources(_: Any, __: Any) -> ListResourcesResult:
    return ListResourcesResult(resources=[Resource(name=uri, uri=uri) for uri in CONTENTS])


async def list_templates(_: Any, __: Any) -> ListResourceTemplatesResult:
    return ListResourceTemplatesResult(
        resource_templates=[ResourceTemplate(name="template", uri_template="test://template/{id}/data")]
    )


async def read_resource(_: Any, params: ReadResourceRequestParams) -> ReadResourceResult:
    uri = str(params.uri)
    made = CONTENTS.get(uri) or TEMPLATE(uri)
    if made is None:
        raise MCPError(INVALID_PARAMS, "Resource not found", data={"uri": uri})
    return ReadResourceResult(contents=[made], ttl_ms=60_000, cache_scope="public")


async def list_prompts(_: Any, __: Any) -> ListPromptsResult:
    return ListPromptsResult(
        prompts=[
            Prompt(
                name=name,
                description=name,
                arguments=[PromptArgument(name=a, description=a, required=True) for a in arguments],
            )
            for name, (arguments, _) in PROMPTS.items()
        ]
    )


async def get_prompt(_: Any, params: GetPromptRequestParams) -> GetPromptResult | InputRequiredResult:
    if params.name not in PROMPTS:
        raise MCPError(INVALID_PARAMS, f"Unknown prompt: {params.name}")
    made = PROMPTS[params.name][1](params.arguments or {}, params.input_responses or {})
    if isinstance(made, InputRequiredResult):
        return made
    return GetPromptResult(messages=[PromptMessage(role="user", content=content) for content in made])


async def complete(_: Any, __: Any) -> CompleteResult:
    return CompleteResult(completion=Completion(values=["paris", "park"], total=2, has_more=False))


async def nothing(_: Any, __: Any) -> EmptyResult:
    return EmptyResult()


def create_app() -> Litestar:
    """The application. It keeps sessions, so that the older revision's pushed questions can be tried too."""
    settings = Settings(
        database_url="postgresql://127.0.0.1:9/none",
        s3_endpoint="http://127.0.0.1:9",
        inference_url="http://127.0.0.1:9",
        secret_key=SecretStr("a key for the conformance suite only"),
        s3_access_key=SecretStr("none"),
        s3_secret_key=SecretStr("none"),
    )
    server: Server[Any] = Server(
        "fixture",
        version="1",
        on_list_tools=list_tools,
        on_call_tool=call_tool,
        on_list_resources=list_resources,
        on_list_resource_templates=list_templates,
        on_read_resource=read_resource,
        on_subscribe_resource=nothing,
        on_unsubscribe_resource=nothing,
        on_list_prompts=list_prompts,
        on_get_prompt=get_prompt,
        on_completion=complete,
        on_set_logging_level=nothing,
    )
    sealed = RequestStateSecurity(keys=[b"k" * 32], bind_principal=principal)
    server.middleware.append(RequestStateBoundary(sealed, default_audience="fixture"))
    return hosting(build(settings).deps, server, stateless=False)
