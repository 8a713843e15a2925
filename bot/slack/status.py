"""The sign that Lucy is at work: an agent session with Slack's own Stop button, or the older status line. Never in the way."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from uuid import UUID

from bot import log
from bot.db.inbox import TakenAsk
from bot.errors import DatabaseAway
from bot.slack.client import SlackRefused, SlackUnsure
from bot.slack.installations import Clients, NotInstalled

_log = log.get(__name__)
_WITHIN_S = 2
_REMEMBER_S = 3600.0
_AT_MOST = 5000
_SOFT = (SlackRefused, SlackUnsure, NotInstalled, DatabaseAway, TimeoutError)


class Status:
    """Remembers for an hour where sessions are refused: they are rolled out in phases, and to agents alone."""

    def __init__(self, clients: Clients, clock: Callable[[], float] = time.monotonic) -> None:
        self._clients, self._clock = clients, clock
        self._without: dict[UUID, float] = {}

    async def working(self, ask: TakenAsk) -> None:
        """Show that Lucy is at it; never raises."""
        await self._show(ask, "processing", "is thinking…")

    async def settled(self, ask: TakenAsk) -> None:
        """Take that sign away; never raises."""
        await self._show(ask, "active", "")

    async def _show(self, ask: TakenAsk, session: str, words: str) -> None:
        try:
            async with asyncio.timeout(_WITHIN_S):
                if not await self._session(ask, session):
                    await self._line(ask, words)
        except _SOFT as error:
            _log.debug("no_status", task_id=str(ask.task_id), error=str(error))

    async def _session(self, ask: TakenAsk, status: str) -> bool:
        """False where there are no sessions."""
        if self._without.get(ask.workspace_id, 0.0) > self._clock():
            return False
        client = await self._clients.of(ask.workspace_id)
        where = {"channel_id": ask.channel_id, "thread_ts": ask.thread_ts}
        try:
            await client.call("agents.sessions.setStatus", status=status, initiator_user_id=ask.user_id, **where)
        except SlackRefused as refused:
            if refused.code == "ratelimited":
                raise
            if len(self._without) >= _AT_MOST:
                self._without.clear()
            self._without[ask.workspace_id] = self._clock() + _REMEMBER_S
            return False
        return True

    async def _line(self, ask: TakenAsk, words: str) -> None:
        client = await self._clients.of(ask.workspace_id)
        where = {"channel_id": ask.channel_id, "thread_ts": ask.thread_ts}
        await client.call("assistant.threads.setStatus", status=words, **where)
