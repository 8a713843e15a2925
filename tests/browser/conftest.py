"""The demo page, open in headless Chromium."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page as Tab
from playwright.async_api import async_playwright
from pydantic import SecretStr

from bot.app import Lucy
from bot.commands.demo_page import page_of
from bot.commands.demo_world import demo_lucy
from bot.config import Settings
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

IN_A_BROWSER = [
    pytest.mark.browser,
    pytest.mark.skipif(
        CHROMIUM is None and not os.environ.get("CI"), reason="no Chromium on this machine: the page was not tested"
    ),
]


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[tuple[Sandbox, Lucy]]:
    """The demo as `lucy demo` composes it."""
    sandbox = Sandbox(retry_delays_s=(0.0,))
    page = page_of(sandbox)
    page.routes(sandbox.app)
    base = Settings(database_url=SecretStr(database_url))
    async with sandbox, demo_lucy(sandbox, base=base, many=True) as lucy:
        lucy.telemetry.subscribe(page.hear)
        page.on_install(f"{lucy.url}/slack/install")
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
