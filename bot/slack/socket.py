"""Lucy over Socket Mode: no public URL, the same listeners, two sockets at once, each replaced when it falls silent.

Slack sends each envelope to one of the app's sockets, and again to another when nobody acknowledged it. The SDK's own
reconnecting is left on, for what it notices; `_Line` is for the rest: a session that looks open and hears nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import aiohttp
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot import log
from bot.errors import SettingError
from bot.slack.client import SlackClient, SlackRefused, SlackUnsure

_log = log.get(__name__)
LINES = 2
PING_S = 7.0
_SILENT_PINGS = 3
"""After so many pings without a pong a socket is given up: 21 s; the SDK itself would wait for a fourth."""
_CLOSE_WITHIN_S = 2.0
_LONGEST_PAUSE_S = 30.0
_AWAY = (SlackClientError, aiohttp.ClientError, TimeoutError, OSError)


@asynccontextmanager
async def socket_mode(app: AsyncApp, app_token: str, base_url: str, ping_s: float = PING_S) -> AsyncIterator[None]:
    """Connected while the block runs; reconnects by itself. Raises SettingError when Slack refuses the token."""
    await _refuse_bad_token(app_token, base_url)
    lines = [_Line(app, app_token, base_url, ping_s) for _ in range(LINES)]
    tasks = [asyncio.create_task(line.hold()) for line in lines]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


class _Line:
    """One connection to Slack, made anew whenever it dies."""

    def __init__(self, app: AsyncApp, app_token: str, base_url: str, ping_s: float) -> None:
        self._app, self._app_token, self._base_url, self._ping_s = app, app_token, base_url, ping_s

    async def hold(self) -> None:
        """Be connected until cancelled."""
        pause_s = self._ping_s / 4
        while True:
            began = time.monotonic()
            try:
                await self._one()
            except _AWAY as error:
                _log.warning("slack_away", error=type(error).__name__)
            lived = time.monotonic() - began > _LONGEST_PAUSE_S
            pause_s = self._ping_s / 4 if lived else min(pause_s * 2, _LONGEST_PAUSE_S)
            await asyncio.sleep(pause_s)

    async def _one(self) -> None:
        """Connect, and return once nothing is heard any more."""
        web = AsyncWebClient(token=self._app_token, base_url=self._base_url)
        handler = AsyncSocketModeHandler(self._app, self._app_token, web_client=web, ping_interval=self._ping_s)
        try:
            async with asyncio.timeout(_LONGEST_PAUSE_S):
                await handler.connect_async()  # type: ignore[no-untyped-call]
            await self._until_silent(handler)
            _log.warning("socket_silent", again="another one is opened")
        finally:
            with suppress(*_AWAY):
                async with asyncio.timeout(_CLOSE_WITHIN_S):
                    await handler.close_async()  # type: ignore[no-untyped-call]

    async def _until_silent(self, handler: AsyncSocketModeHandler) -> None:
        """Returns when no pong has come for so many pings, however open the session says that it is."""
        pong, heard_at = handler.client.last_ping_pong_time, time.monotonic()
        while time.monotonic() - heard_at < _SILENT_PINGS * self._ping_s:
            await asyncio.sleep(self._ping_s / 4)
            if handler.client.last_ping_pong_time != pong:
                pong, heard_at = handler.client.last_ping_pong_time, time.monotonic()


async def try_app_token(app_token: str, base_url: str) -> None:
    """Ask for a socket without opening it. Raises SlackRefused or SlackUnsure."""
    await SlackClient(app_token, base_url).call("apps.connections.open")


async def _refuse_bad_token(app_token: str, base_url: str) -> None:
    """The SDK repeats even a refused token for ever, so it is tried before; Slack being away is waited for."""
    try:
        await try_app_token(app_token, base_url)
    except SlackRefused as refused:
        if refused.code != "ratelimited":
            raise SettingError(f"SLACK_APP_TOKEN: Slack refused it ({refused.code})") from refused
    except SlackUnsure as unsure:
        _log.warning("slack_away", error=str(unsure))
