"""Lucy over Socket Mode: no public URL, the same listeners."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import SettingError


@asynccontextmanager
async def socket_mode(app: AsyncApp, app_token: str, base_url: str) -> AsyncIterator[None]:
    """Connected while the block runs; reconnects by itself. Raises SettingError when Slack refuses the token."""
    handler = AsyncSocketModeHandler(app, app_token, web_client=AsyncWebClient(token=app_token, base_url=base_url))
    try:
        await handler.connect_async()  # type: ignore[no-untyped-call]
    except SlackApiError as error:
        await handler.close_async()  # type: ignore[no-untyped-call]
        raise SettingError(f"SLACK_APP_TOKEN: Slack refused it ({error.response.get('error')})") from error
    try:
        yield
    finally:
        await handler.close_async()  # type: ignore[no-untyped-call]
