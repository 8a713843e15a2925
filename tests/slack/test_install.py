"""A second team installs Lucy in a browser, is answered with its own token, and leaves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr
from yarl import URL

from bot.app import Lucy, lucy
from bot.commands.demo_world import tiers_toml
from bot.config import Settings
from bot.db.ids import workspace_id_of
from bot.sandbox.sandbox import Sandbox
from tests.test_main_job import answered, done

GLOBEX = workspace_id_of("T1GLOBEX")


@pytest.fixture
async def open_to_all(sandbox: Sandbox, database_url: str, tmp_path: Path) -> AsyncIterator[Lucy]:
    """A Lucy for whichever team installs her."""
    (tmp_path / "tiers.toml").write_text(tiers_toml(sandbox.providers))
    app = sandbox.slack.state.app
    settings = Settings(
        slack_client_id=app.client_id, slack_client_secret=SecretStr(app.client_secret), slack_bot_token=None,
        slack_app_token=None, slack_signing_secret=SecretStr(app.signing_secret), slack_api_url=sandbox.slack.api_url,
        database_url=SecretStr(database_url), encryption_keys=[SecretStr(Fernet.generate_key().decode())],
        port=0, metrics_addr="off", tiers=str(tmp_path / "tiers.toml"), settle_s=0.2, _env_file=None,
    )  # fmt: skip
    async with lucy(settings) as running:
        app.events_url = f"{running.url}/slack/events"
        yield running


@pytest.fixture
async def browser() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield session


async def test_a_team_that_installs_lucy_is_answered_with_its_own_token(
    open_to_all: Lucy, sandbox: Sandbox, browser: aiohttp.ClientSession
) -> None:
    page, _ = await visit(browser, f"{open_to_all.url}/slack/install")

    ts = await sandbox.globex.say("U1IDA", "C1LOBBY", "<@U1LUCY> hello")
    await answered(sandbox.globex, "C1LOBBY", ts)
    await done(open_to_all)

    assert "Lucy is in Globex" in page
    assert len(sandbox.globex.answers("C1LOBBY", ts)) == 1
    assert "chat.startStream" in [method for method, _ in sandbox.globex.api.calls]
    assert sandbox.slack.api.calls == []
    async with open_to_all.db.unit(GLOBEX) as unit:
        assert await unit.costs.total() == sandbox.providers.invoice_total() > 0


async def test_two_teams_are_served_side_by_side_and_neither_sees_the_other(
    open_to_all: Lucy, sandbox: Sandbox, browser: aiohttp.ClientSession
) -> None:
    for visitor in ((sandbox.globex.state, "U1HANK"), (sandbox.slack.state, "U0ADA")):
        sandbox.consent.visitor = visitor
        await visit(browser, f"{open_to_all.url}/slack/install")

    theirs, ours = await asyncio.gather(
        sandbox.globex.say("U1HANK", "D1LUCY", "hello"), sandbox.slack.say("U0BEN", "C0GENERAL", "<@U0LUCY> hello")
    )
    await done(open_to_all)

    assert len(sandbox.globex.answers("D1LUCY", theirs)) == len(sandbox.slack.answers("C0GENERAL", ours)) == 1
    for workspace_id in (GLOBEX, workspace_id_of("T0ACME")):
        async with open_to_all.db.unit(workspace_id) as unit:
            assert 0 < await unit.costs.total() < sandbox.providers.invoice_total()


async def test_a_link_works_once(open_to_all: Lucy, sandbox: Sandbox, browser: aiohttp.ClientSession) -> None:
    _, link = await visit(browser, f"{open_to_all.url}/slack/install")

    page, _ = await visit(browser, link)

    assert "was used or is too old" in page


async def test_who_declines_is_not_served(open_to_all: Lucy, sandbox: Sandbox, browser: aiohttp.ClientSession) -> None:
    sandbox.consent.declines = True

    page, _ = await visit(browser, f"{open_to_all.url}/slack/install")

    assert "Nothing was stored" in page
    async with open_to_all.db.unit(GLOBEX) as unit:
        assert (await unit.workspaces.read(), await unit.installations.read()) == (None, None)


async def test_a_team_that_leaves_is_forgotten_and_may_come_back(
    open_to_all: Lucy, sandbox: Sandbox, browser: aiohttp.ClientSession
) -> None:
    await visit(browser, f"{open_to_all.url}/slack/install")

    await sandbox.globex.uninstall()
    async with open_to_all.db.unit(GLOBEX) as unit:
        workspace, kept = await unit.workspaces.read(), await unit.installations.read()
    await visit(browser, f"{open_to_all.url}/slack/install")
    ts = await sandbox.globex.say("U1IDA", "C1LOBBY", "<@U1LUCY> hello")
    await answered(sandbox.globex, "C1LOBBY", ts)

    assert workspace
    assert (workspace.active, kept) == (False, None)


async def visit(browser: aiohttp.ClientSession, url: str | URL) -> tuple[str, URL]:
    """Follow a link to its end: the page, and where it stands."""
    async with browser.get(url) as page:
        return await page.text(), page.url
