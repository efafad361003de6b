"""What a client and its person can learn before there is a token: metadata, pages, configuration."""

import json

import pytest

from mcp_server.calling import TOOLS
from mcp_server.pages import configurations
from tests.web.door import Door

pytestmark = pytest.mark.anyio


async def test_metadata_names_the_resource_and_the_least_scopes(door: Door) -> None:
    address = door.deps.settings.address
    first, root = [
        (await door.http.get(f"/.well-known/oauth-protected-resource{path}")).json() for path in ("/mcp", "")
    ]
    assert first == root
    assert first["resource"] == f"{address}/mcp"
    assert first["scopes_supported"] == ["papers:read", "papers:submit"]
    assert first["authorization_servers"] == [address]


async def test_pages_say_what_the_server_says(door: Door) -> None:
    llms = (await door.http.get("/llms.txt")).text
    skill = await door.http.get("/skill.md")
    page = (await door.http.get("/connect")).text
    assert llms.startswith("# aiXiv")
    assert skill.headers["content-type"].startswith("text/markdown")
    for tool in TOOLS.values():
        assert f"`{tool.name}`" in skill.text
        assert tool.name in page
    for name, _, text in configurations(door.deps.settings):
        assert name in page
        if text.startswith("{"):
            assert "aixiv" in next(iter(json.loads(text).values()))
