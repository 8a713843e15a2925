"""The demo page in headless Chromium: break the primary, mention Lucy, see the fallback and equal books."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page as Tab
from playwright.async_api import async_playwright
from pydantic import SecretStr

from bot.app import Lucy
from bot.commands.demo_world import demo_lucy
from bot.config import Settings
from bot.sandbox.page.page import Page
from bot.sandbox.sandbox import Sandbox

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        CHROMIUM is None and not os.environ.get("CI"), reason="no Chromium on this machine: the page was not tested"
    ),
]


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[tuple[Sandbox, Lucy]]:
    """The demo as `lucy demo` composes it."""
    sandbox = Sandbox(retry_delays_s=(0.0,))
    page = Page(sandbox)
    page.routes(sandbox.app)
    base = Settings(database_url=SecretStr(database_url))
    async with sandbox, demo_lucy(sandbox, base=base) as lucy:
        lucy.telemetry.subscribe(page.hear)
        yield sandbox, lucy


@pytest.fixture
async def tab(world: tuple[Sandbox, Lucy]) -> AsyncIterator[Tab]:
    """The page, opened; what it complained of fails the test."""
    complaints: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        opened = await browser.new_page(viewport={"width": 1440, "height": 900})
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        opened.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        await opened.goto(f"{world[0].slack.origin}/")
        await opened.wait_for_selector("#channels li")
        yield opened
        await browser.close()
    assert complaints == []


async def test_breaking_the_primary_shows_the_fallback_and_books_that_agree(
    tab: Tab, world: tuple[Sandbox, Lucy]
) -> None:
    await tab.click("#break")
    await tab.fill("#text", "@Lucy hello there, what is our zip code?")
    await tab.press("#text", "Enter")
    await tab.wait_for_selector("#replies .msg:nth-child(2)", timeout=20_000)
    await tab.wait_for_selector("#equal.yes")

    assert await tab.locator(".event.failed").count() == 1
    assert await tab.locator(".event.settled").count() == 1
    assert "fallback" in await tab.inner_text("#replies")


async def test_words_that_look_like_html_stay_words(tab: Tab, world: tuple[Sandbox, Lucy]) -> None:
    world[0].providers["gemini"].answers("<img src=x onerror=alert(1)> and <script>alert(2)</script>")

    await tab.fill("#text", "@Lucy hello")
    await tab.press("#text", "Enter")
    await tab.wait_for_selector("#replies .msg:nth-child(2)", timeout=20_000)

    assert await tab.locator("#replies img, #replies script").count() == 0
    assert "onerror" in await tab.inner_text("#replies")


async def test_a_phone_sees_the_page_without_scrolling_sideways(tab: Tab) -> None:
    await tab.set_viewport_size({"width": 390, "height": 844})

    assert await tab.evaluate("document.documentElement.scrollWidth") == 390


async def test_another_page_may_not_drive_the_demo(tab: Tab, world: tuple[Sandbox, Lucy]) -> None:
    answer = await tab.request.post(
        f"{world[0].slack.origin}/page/provider",
        headers={"Origin": "http://evil.example"},
        data={"name": "gemini", "mode": "500"},
    )

    assert answer.status == 403
    assert world[0].providers["gemini"].mode == "healthy"
