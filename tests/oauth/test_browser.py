"""The consent page in a real browser: it fits, and the answer reaches the client though forms may go nowhere else."""

import asyncio
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.async_api import Browser, expect

from tests.oauth.program import Program
from tests.oauth.site import Site
from tests.web.door import Door, Somebody
from tests.web.test_browser_portal import DESKTOP, PHONE, browser, fits

__all__ = ["browser"]
pytestmark = [pytest.mark.anyio, pytest.mark.browser]


async def test_a_person_signs_in_allows_and_is_sent_back(
    door: Door, site: Site, ada: Somebody, browser: Browser, tmp_path: Path
) -> None:
    async def listening(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\nconnection: close\r\n\r\nback")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(listening, "127.0.0.1", 0)
    redirect = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/back"
    context = await browser.new_context(viewport=PHONE, java_script_enabled=False)
    await context.add_cookies([{"name": "aixiv_session", "value": ada.cookie, "url": door.url}])
    page = await context.new_page()
    await page.goto(f"{door.url}/oauth/authorize?{urlencode(Program(site, door).query(redirect_uri=redirect))}")
    await fits(page)
    await page.screenshot(path=tmp_path / "consent-phone.png", full_page=True)
    await page.set_viewport_size(DESKTOP)
    await page.screenshot(path=tmp_path / "consent.png", full_page=True)
    await page.get_by_role("button", name="Allow").click()
    await expect(page.get_by_text("back")).to_be_visible()
    assert page.url.startswith(f"{redirect}?code=")
    await page.goto(f"{door.url}/connections")
    await page.set_viewport_size(PHONE)
    await fits(page)
    await page.screenshot(path=tmp_path / "connections.png", full_page=True)
    await context.close()
    server.close()
