"""The ways in: HTTP with its health, installs over OAuth, Socket Mode."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from uuid import UUID

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from slack_sdk.socket_mode.aiohttp import SocketModeClient

from bot.db.database import Database
from bot.db.retention import Retention
from bot.errors import SettingError
from bot.sandbox.sandbox import Sandbox
from bot.slack.installations import introduce
from bot.slack.oauth import OAuthPages
from bot.slack.socket import socket_mode
from bot.slack.web import MAX_BODY, web_app
from tests.onlooker import until
from tests.slack.test_ingest import lucy_on, waiting

Web = TestClient[web.Request, web.Application]
GONE = "http://127.0.0.1:9/api/"


async def ready() -> list[str]:
    return []


def browser(app: web.Application) -> Web:
    return TestClient(TestServer(app))


async def test_health_says_what_is_missing() -> None:
    async def not_ready() -> list[str]:
        return ["the database does not answer"]

    async with browser(web_app(None, not_ready)) as client:
        live, lacking = await client.get("/health/live"), await client.get("/health/ready")

        assert live.status == 200
        assert lacking.status == 503
        assert (await lacking.json())["missing"] == ["the database does not answer"]


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"[" * 200_000, 400), (b"not json", 400), (b"x" * (MAX_BODY + 1), 413), (b'{"type":"event_callback"}', 401)],
)
async def test_what_slack_never_sends_is_clearly_refused(db: Database, body: bytes, status: int) -> None:
    async with browser(web_app(lucy_on(db), ready)) as client:
        answer = await client.post("/slack/events", data=body, headers={"Content-Type": "application/json"})

        assert answer.status == status


async def test_an_install_link_works_in_one_browser_only(db: Database) -> None:
    pages = OAuthPages(db, GONE, Retention(), "id", "secret")
    async with browser(web_app(None, ready, pages)) as client, browser(web_app(None, ready, pages)) as stranger:
        to_slack = await client.get("/slack/install", allow_redirects=False)
        state = to_slack.headers["Location"].partition("state=")[2]

        stolen = await stranger.get(f"/slack/oauth_redirect?code=1&state={state}")
        mine = await client.get(f"/slack/oauth_redirect?code=1&state={state}")
        used = await client.get(f"/slack/oauth_redirect?code=1&state={state}")

        assert (stolen.status, mine.status, used.status) == (400, 502, 400)
        assert "Traceback" not in await mine.text()


async def test_declining_in_slack_is_no_error(db: Database) -> None:
    async with browser(web_app(None, ready, OAuthPages(db, GONE, Retention(), "id", "secret"))) as client:
        declined = await client.get("/slack/oauth_redirect?error=access_denied")

        assert declined.status == 200
        assert "Nothing was stored" in await declined.text()


async def test_socket_mode_stores_before_it_acknowledges(db: Database, workspace_id: UUID, sandbox: Sandbox) -> None:
    slack = sandbox.slack

    async with asyncio.timeout(15), socket_mode(lucy_on(db), slack.state.app_token, slack.api_url):
        while not slack.sockets.connected:
            await asyncio.sleep(0.02)
        await slack.say("U0BEN", "C0GENERAL", "<@U0LUCY> hi")

        assert await waiting(db) == 1


async def test_sockets_that_hear_nothing_any_more_are_replaced_even_if_the_sdk_sleeps_over_it(
    db: Database, workspace_id: UUID, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    slack = sandbox.slack
    monkeypatch.setattr(SocketModeClient, "monitor_current_session", only_ping)

    async with socket_mode(lucy_on(db), slack.state.app_token, slack.api_url, ping_s=0.5):
        await until(lambda: slack.sockets.alive == 2)
        slack.sockets.die_silently()
        await until(lambda: slack.sockets.alive == 2)
        await slack.say("U0BEN", "C0GENERAL", "<@U0LUCY> hi")

        assert await waiting(db) == 1


async def only_ping(client: SocketModeClient) -> None:
    """What the SDK does every few seconds, without its look whether a pong has come."""
    session = client.current_session
    while session and not session.closed:
        await asyncio.sleep(client.ping_interval)
        with suppress(aiohttp.ClientError, ConnectionError):
            await session.ping(f"sdk-ping-pong:{time.time()}".encode())


async def test_while_one_socket_is_refreshed_the_other_hears(
    db: Database, workspace_id: UUID, sandbox: Sandbox
) -> None:
    slack = sandbox.slack

    async with socket_mode(lucy_on(db), slack.state.app_token, slack.api_url):
        await until(lambda: slack.sockets.alive == 2)
        await slack.sockets.ask_to_refresh(1)
        await slack.say("U0BEN", "C0GENERAL", "<@U0LUCY> hi")
        await until(lambda: slack.sockets.alive == 2)

        assert await waiting(db) == 1


async def test_sockets_are_opened_once_slack_is_back(db: Database, sandbox: Sandbox) -> None:
    slack = sandbox.slack
    slack.faults.down = True

    async with socket_mode(lucy_on(db), slack.state.app_token, slack.api_url, ping_s=0.5):
        slack.faults.down = False

        await until(lambda: slack.sockets.alive == 2)


async def test_a_refused_token_is_one_readable_line(db: Database, sandbox: Sandbox) -> None:
    with pytest.raises(SettingError, match="SLACK_BOT_TOKEN"):
        await introduce("xoxb-wrong", sandbox.slack.api_url, db)
    with pytest.raises(SettingError, match="SLACK_APP_TOKEN"):
        async with socket_mode(lucy_on(db), "xapp-wrong", sandbox.slack.api_url):
            pass
