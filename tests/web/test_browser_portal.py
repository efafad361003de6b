"""The main job in a real browser without scripts: sign in by link, submit a PDF, wait, read the review."""

import asyncio
import io
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, ViewportSize, async_playwright, expect
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.platypus import Paragraph, SimpleDocTemplate

from aixiv.domain.people import SYSTEM
from aixiv.usecases.accounts import make_signin_link
from tests.fixtures.deps import Clock
from tests.fixtures.judges import past_reports
from tests.web.door import TEXT, Door, Somebody

pytestmark = [pytest.mark.anyio, pytest.mark.browser]
ARGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync"]  # fmt: skip
DESKTOP, PHONE = ViewportSize(width=1280, height=900), ViewportSize(width=390, height=844)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path="/usr/bin/chromium", args=ARGS)
        yield browser
        await browser.close()


def pdf() -> bytes:
    """The text of the tests as a PDF, typeset here."""
    styles, made = getSampleStyleSheet(), io.BytesIO()
    story = []
    for block in TEXT.decode().split("\n\n"):
        marks = len(block) - len(block.lstrip("#"))
        style = {0: "BodyText", 1: "Title"}.get(marks, "Heading2")
        story.append(Paragraph(block.lstrip("# -"), styles[style]))
    SimpleDocTemplate(made, title="Counting pebbles twice").build(story)
    return made.getvalue()


async def signed_in(page: Page, door: Door, who: Somebody) -> None:
    """Follow a one-time link as its owner does: open it, press the button."""
    assert who.actor.user_id is not None
    link = await make_signin_link(door.deps, SYSTEM, who.actor.user_id)
    await page.goto(door.url + "/" + link.url.split("/", 3)[3])
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("My work")


async def fits(page: Page) -> None:
    """Nothing sticks out of the window sideways, and the page names its main heading once."""
    assert await page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert await page.locator("h1").count() == 1


@pytest.mark.timeout(240)
async def test_from_link_to_review_without_scripts(
    door: Door, author: Somebody, browser: Browser, tmp_path: Path
) -> None:
    context = await browser.new_context(java_script_enabled=False, viewport=DESKTOP)
    page = await context.new_page()
    await signed_in(page, door, author)
    await page.get_by_role("link", name="Submit a work").click()
    manuscript = tmp_path / "pebbles.pdf"
    manuscript.write_bytes(pdf())
    await page.get_by_label("File").set_input_files(manuscript)
    await page.get_by_label("Subjects").select_option("Computer science")
    await page.get_by_role("button", name="Submit for review").click()
    await expect(page.get_by_role("progressbar")).to_be_visible()
    await expect(page.locator("noscript meta, meta[http-equiv=refresh]").first).to_be_attached()

    working = asyncio.create_task(door.run_jobs())
    await expect(page.get_by_role("heading", name="Decision")).to_be_visible(timeout=120_000)  # it reloads by itself
    await working
    await expect(page.get_by_role("heading", level=1)).to_have_text("Counting pebbles twice")
    await page.screenshot(path=tmp_path / "overview.png", full_page=True)
    for name in ("Reviews", "Screening", "Ballots", "Timeline", "Discussion"):
        await page.get_by_role("navigation", name="Record of this version").get_by_role("link", name=name).click()
        await expect(page.get_by_role("link", name=re.compile(f"^{name}"), exact=False).first).to_be_visible()
        for size in (DESKTOP, PHONE):
            await page.set_viewport_size(size)
            await fits(page)
            await page.screenshot(path=tmp_path / f"{name}-{size['width']}.png", full_page=True)
        await page.set_viewport_size(DESKTOP)
    await page.goto(page.url.replace("/discussion", "/reviews"))
    await expect(page.get_by_role("heading", name="Evidence reviewer")).to_be_visible()
    await context.close()


async def test_every_page_fits_a_phone(door: Door, editor: Somebody, clock: Clock, browser: Browser) -> None:
    await past_reports(door.deps, clock, [4.0, 5.0] * 20 + [6.0, 7.0] * 25)
    context = await browser.new_context(java_script_enabled=False, viewport=PHONE)
    page = await context.new_page()
    await signed_in(page, door, editor)
    for path in ("/", "/search", "/submit", "/agents", "/account", "/work", "/about", "/api", "/sign-in", "/nothing"):
        await page.goto(door.url + path)
        await fits(page)
    await context.close()


async def test_the_keyboard_reaches_the_content_first(door: Door, browser: Browser) -> None:
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    await page.goto(door.url)
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    await page.keyboard.press("Enter")
    assert page.url.endswith("#content")
    await context.close()


@pytest.mark.timeout(240)
async def test_scripts_follow_a_review_and_break_no_rule_of_the_page(
    door: Door, author: Somebody, browser: Browser, tmp_path: Path
) -> None:
    context = await browser.new_context(viewport=DESKTOP)
    page = await context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    await signed_in(page, door, author)
    await page.goto(door.url + "/submit")
    await page.get_by_role("button", name="More rows").click()
    assert await page.locator(".author-row").count() == 5
    manuscript = tmp_path / "pebbles.md"
    manuscript.write_bytes(TEXT)
    await page.get_by_label("File").set_input_files(manuscript)
    await page.get_by_label("Subjects").select_option("Computer science")
    await page.get_by_role("button", name="Submit for review").click()
    await expect(page.get_by_role("progressbar")).to_be_visible()
    working = asyncio.create_task(door.run_jobs())
    await expect(page.get_by_role("heading", name="Decision")).to_be_visible(timeout=120_000)
    await working
    assert said == []
    await context.close()
