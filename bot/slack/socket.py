"""Lucy over Socket Mode: no public URL, the same listeners."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot import log
from bot.errors import SettingError
from bot.slack.client import SlackClient, SlackRefused, SlackUnsure

_log = log.get(__name__)


@asynccontextmanager
async def socket_mode(app: AsyncApp, app_token: str, base_url: str) -> AsyncIterator[None]:
    """Connected while the block runs; reconnects by itself. Raises SettingError when Slack refuses the token."""
    await _refuse_bad_token(app_token, base_url)
    handler = AsyncSocketModeHandler(app, app_token, web_client=AsyncWebClient(token=app_token, base_url=base_url))
    try:
        await handler.connect_async()  # type: ignore[no-untyped-call]
        yield
    finally:
        await handler.close_async()  # type: ignore[no-untyped-call]


async def try_app_token(app_token: str, base_url: str) -> None:
    """Ask for a socket without opening it. Raises SlackRefused or SlackUnsure."""
    await SlackClient(app_token, base_url).call("apps.connections.open")


async def _refuse_bad_token(app_token: str, base_url: str) -> None:
    """The SDK repeats even a refused token for ever, so it is tried before; Slack being away is the SDK's to wait for."""
    try:
        await try_app_token(app_token, base_url)
    except SlackRefused as refused:
        if refused.code != "ratelimited":
            raise SettingError(f"SLACK_APP_TOKEN: Slack refused it ({refused.code})") from refused
    except SlackUnsure as unsure:
        _log.warning("slack_away", error=str(unsure))
