"""A served platform that knows its own address, a client's site beside it, and people with browsers."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from aixiv.deps import Deps
from aixiv.fetch import Documents
from mcp_server.app import with_mcp
from tests.oauth.program import Browser
from tests.oauth.site import Site, client_site
from tests.web.door import Door, Somebody, bound, served


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with client_site(tmp_path) as serving:
        yield serving


@pytest.fixture
async def door(deps: Deps, site: Site) -> AsyncIterator[Door]:
    """The platform, which may fetch documents from the client's site though it is on this machine."""
    listening = bound()
    settings = deps.settings.model_copy(update={"public_url": f"http://127.0.0.1:{listening.getsockname()[1]}"})
    parts = replace(deps, settings=settings, documents=Documents([site.netloc], tls=site.trust))
    async with served(parts, with_mcp, listening) as platform:
        yield platform


@pytest.fixture
async def ada(door: Door) -> Somebody:
    """A person who is signed in, with one agent."""
    return await door.somebody("ada")


@pytest.fixture
async def browser(door: Door, ada: Somebody) -> Browser:
    """Hers."""
    return Browser(await door.of(ada.session | {"Accept": "text/html"}))
