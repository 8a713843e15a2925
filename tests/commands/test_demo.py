"""The demo: a month of spend on any day of the month, real models when asked for, a taken port told in a line."""

from __future__ import annotations

import asyncio
import socket
from datetime import UTC, datetime
from uuid import UUID

import pytest
from aiohttp import ClientConnectorError, ClientSession, web
from aiohttp.test_utils import TestClient, TestServer
from pydantic import SecretStr

from bot.commands.demo_month import seed_month
from bot.commands.demo_page import show_page
from bot.commands.demo_world import demo_lucy
from bot.config import Settings
from bot.costs.periods import Period
from bot.db.database import Database
from bot.errors import SettingError
from bot.sandbox.page.page import Page
from bot.sandbox.sandbox import Sandbox


async def test_a_month_is_seeded_once_even_when_it_began_before_the_first_partition(
    db: Database, workspace_id: UUID
) -> None:
    second = datetime.now(UTC).replace(day=2, hour=12)

    for _ in range(2):
        await seed_month(db, workspace_id, second)

    async with db.unit(workspace_id) as unit:
        covered = Period("", datetime(2020, 1, 1, tzinfo=UTC), second, "UTC")
        days = await unit.rollups.by_day(covered)
        models = await unit.rollups.by("model", covered)
    assert len(days) == 35
    assert max(day.calls for day in days) <= 17
    assert {model.key for model in models} == {
        "gemini/gemini-3.1-flash-lite", "moonshot/kimi-k2.6", "anthropic/claude-sonnet-5-5"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("tiers", "key", "models"),
    [
        ("default", "ANTHROPIC_API_KEY", {"anthropic/claude-sonnet-5-5", "anthropic/claude-opus-5-5"}),
        ("classic", "GEMINI_API_KEY", {"gemini/gemini-2.5-flash"}),
    ],
)
async def test_with_keys_in_the_environment_the_demo_can_use_the_real_models(
    sandbox: Sandbox, database_url: str, monkeypatch: pytest.MonkeyPatch, tiers: str, key: str, models: set[str]
) -> None:
    monkeypatch.setenv(key, "sk-of-a-person")
    base = Settings(database_url=SecretStr(database_url), tiers=tiers)

    async with demo_lucy(sandbox, real=True, base=base) as lucy:
        used = [candidate.deployment for spec in lucy.tiers.specs for candidate in spec.candidates]

    assert {deployment.model for deployment in used} == models
    assert {deployment.api_base for deployment in used} == {None}


async def test_a_digest_under_way_does_not_outlive_the_page(sandbox: Sandbox) -> None:
    page, begun, ended = Page(sandbox), asyncio.Event(), asyncio.Event()
    app = web.Application()
    page.routes(app)

    async def digest() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    page.on_digest(digest)
    async with TestClient(TestServer(app)) as browser:
        await browser.post("/page/digest", json={})
        await begun.wait()

        await page.close()

    assert ended.is_set()


async def test_a_taken_port_is_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(SettingError, match=f"--port: cannot listen on 127.0.0.1:{port}"):
            await show_page(port, real=False, open_browser=False, say=print)


async def test_who_opens_the_page_before_lucy_is_there_sees_that_she_is_starting_and_then_the_workspace() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    said: list[str] = []
    demo = asyncio.create_task(show_page(port, real=False, open_browser=False, say=said.append))

    async with asyncio.timeout(60), ClientSession() as browser:
        early = await opened(browser, port)
        while "Lucy is starting" in (late := await opened(browser, port)):
            await asyncio.sleep(0.1)
    ready = list(said)
    demo.cancel()
    await asyncio.gather(demo, return_exceptions=True)

    assert "Lucy is starting" in early
    assert 'http-equiv="refresh"' in early
    assert "demo workspace" in late
    assert f"Lucy's demo: http://127.0.0.1:{port}/" in ready[-1]


async def opened(browser: ClientSession, port: int) -> str:
    """The page as it is now."""
    while True:
        try:
            async with browser.get(f"http://127.0.0.1:{port}/") as page:
                return await page.text()
        except ClientConnectorError:
            await asyncio.sleep(0.01)
