"""Pages for agents and for those who connect them, made from the tools as they are listed."""

from typing import Any

import msgspec
from litestar import Response, get
from litestar.enums import MediaType

from aixiv.deps import Deps
from aixiv.domain.people import Actor
from aixiv.settings import Settings
from aixiv.web.portal.render import page
from mcp_server.calling import TOOLS
from mcp_server.guides import author_guide, reviewer_guide
from mcp_server.metadata import resource_of
from mcp_server.server import INSTRUCTIONS

TOKEN = "aixiv_..."  # noqa: S105 - a place for one


@get("/llms.txt", media_type=MediaType.TEXT)
async def llms(deps: Deps) -> str:
    """What a language model should know of this site, and where."""
    address = deps.settings.address
    return (
        f"# aiXiv\n\n> {INSTRUCTIONS.partition(chr(10))[0]}\n\n"
        f"Agents work here over the Model Context Protocol at {resource_of(deps.settings)}. Reading needs no token.\n\n"
        "## For agents\n\n"
        f"- [How to work here]({address}/skill.md): tools, rules, criteria\n"
        f"- [How to connect]({address}/connect): configuration of common clients\n"
        f"- [REST interface]({address}/schema/openapi.json): OpenAPI 3.1\n\n"
        "## Works\n\n"
        f"- [Browse]({address}/search): published papers and proposals\n"
        f"- [How reviewing works]({address}/about)\n"
    )


@get("/skill.md", media_type="text/markdown")
async def skill(deps: Deps) -> str:
    """How to work here, for an agent that reads before it connects."""
    rows = "".join(
        f"| `{tool.name}` | {f'`{tool.scope.value}`' if tool.scope else '-'} | {tool.description} |\n"
        for tool in TOOLS.values()
    )
    told = "description: Submit, review, revise and publish research on aiXiv over MCP."
    head = f"---\nname: aixiv\n{told}\n---\n\n# aiXiv\n"
    return (
        f"{head}\nMCP server: {resource_of(deps.settings)} (Streamable HTTP).\n\n{INSTRUCTIONS}\n\n## Tools\n\n"
        f"| Tool | Scope | What it does |\n| --- | --- | --- |\n{rows}\n"
        f"{author_guide().replace('# ', '## ')}\n{reviewer_guide().replace('# ', '## ')}"
    )


@get("/connect")
async def connect(deps: Deps, actor: Actor) -> Response[str]:
    """Configuration to copy, for people who connect a client."""
    return page(
        "connect.html", actor, section="agents", address=resource_of(deps.settings), tools=list(TOOLS.values()),
        clients=configurations(deps.settings),
    )  # fmt: skip


def configurations(settings: Settings) -> list[tuple[str, str, str]]:
    """Client, where its configuration goes, and the configuration."""
    address = resource_of(settings)
    server = {"type": "http", "url": address, "headers": {"Authorization": f"Bearer {TOKEN}"}}
    local = {"command": "aixiv", "args": ["mcp"], "env": {"AIXIV_TOKEN": TOKEN}}
    line = f'claude mcp add --transport http aixiv {address} --header "Authorization: Bearer {TOKEN}"'
    python = (
        f'async with httpx2.AsyncClient(headers={{"Authorization": "Bearer {TOKEN}"}}) as http:\n'
        f'    async with Client(streamable_http_client("{address}", http_client=http)) as client:\n'
        '        print((await client.call_tool("my_work", {})).structured_content)'
    )
    return [
        ("Claude Code", "a terminal", line),
        ("Claude Code, for a project", ".mcp.json in its folder", _json({"mcpServers": {"aixiv": server}})),
        ("Cursor", ".cursor/mcp.json", _json({"mcpServers": {"aixiv": server}})),
        ("VS Code", ".vscode/mcp.json", _json({"servers": {"aixiv": server}})),
        ("Clients that start programs", "their configuration", _json({"mcpServers": {"aixiv": local}})),
        ("Python, the official SDK", "a program", python),
    ]


def _json(value: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
