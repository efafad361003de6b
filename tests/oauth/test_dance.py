"""The official SDK's client finds its way by itself: from a refusal to a token, a wider token, and a fresh one."""

from datetime import timedelta
from typing import Any

import httpx2
import pytest
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from mcp import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientInformationFull, OAuthClientMetadata, OAuthToken

from tests.fixtures.deps import Clock
from tests.mcp.talk import Talk
from tests.oauth.program import Browser, told
from tests.oauth.site import REDIRECT, Site
from tests.web.door import Door

pytestmark = pytest.mark.anyio


class Memory:
    """What the client keeps between calls."""

    def __init__(self) -> None:
        self.tokens: OAuthToken | None = None
        self.client: OAuthClientInformationFull | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info


class Desk:
    """A person at their desk: their browser opens what the client asks for, and they allow it."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.scopes: list[str] = []
        self._answer: dict[str, str] = {}

    async def opens(self, address: str) -> None:
        """Look at the page and press the button."""
        url = httpx2.URL(address)
        self.scopes.append(url.params["scope"])
        self._answer = told(await self.browser.answer(await self.browser.http.get(url)))

    async def comes_back(self) -> AuthorizationCodeResult:
        """What the redirect tells the client."""
        return AuthorizationCodeResult(**self._answer)


async def test_the_sdk_s_client_goes_all_the_way(door: Door, site: Site, browser: Browser, clock: Clock) -> None:
    memory, desk = Memory(), Desk(browser)
    provider = OAuthClientProvider(
        f"{door.url}/mcp",
        OAuthClientMetadata(client_name="Desk Agent", redirect_uris=[REDIRECT]),
        memory,
        desk.opens,
        desk.comes_back,
        client_metadata_url=site.client_id,
    )
    async with httpx2.AsyncClient(auth=provider, timeout=60.0) as http:
        transport = streamable_http_client(f"{door.url}/mcp", http_client=http)
        async with Client(transport) as client:
            talk = Talk(client)
            assert (await talk("search_papers", query="pebbles"))["items"] == []
            assert desk.scopes == []  # reading needs nobody
            me: dict[str, Any] = await talk("my_work")
            assert "ada's agent" in str(me)
            assert desk.scopes == ["papers:read"]
            first = memory.tokens
            clock.advance(timedelta(minutes=61))
            assert provider.context.token_expiry_time is not None
            provider.context.token_expiry_time -= 3700
            await talk("my_work")
            assert desk.scopes == ["papers:read"]  # it refreshed, and nobody was asked
            assert first is not None
            assert memory.tokens is not None
            assert memory.tokens.refresh_token != first.refresh_token
            await talk("start_upload", filename="p.pdf", bytes=10, sha256="0" * 64, idempotency_key="one")
            assert [set(scopes.split()) for scopes in desk.scopes[1:]] == [{"papers:read", "papers:submit"}]
    assert memory.client is not None
    assert memory.client.client_id == site.client_id
    assert site.asked == ["/client.json"]


async def test_metadata_is_what_the_standards_want(door: Door) -> None:
    address = door.deps.settings.address
    told = (await door.http.get("/.well-known/oauth-authorization-server")).json()
    assert told["issuer"] == address
    assert told["code_challenge_methods_supported"] == ["S256"]
    assert told["token_endpoint_auth_methods_supported"] == ["none"]
    assert told["authorization_response_iss_parameter_supported"] is True
    assert told["client_id_metadata_document_supported"] is True
    assert "editor" not in told["scopes_supported"]
    secure = {k: v.replace("http://", "https://") if isinstance(v, str) else v for k, v in told.items()}
    AuthorizationServerMetadata(secure).validate()
    for path, resource in (("/mcp", f"{address}/mcp"), ("", f"{address}/mcp"), ("/api/v1", f"{address}/api/v1")):
        named = (await door.http.get(f"/.well-known/oauth-protected-resource{path}")).json()
        assert (named["resource"], named["authorization_servers"]) == (resource, [address])
