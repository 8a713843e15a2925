"""Slack's newer blocks where a workspace takes them, plain text blocks where it does not (yet)."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar
from uuid import UUID

from slack_bolt.async_app import AsyncRespond

from bot import log
from bot.slack.client import SlackRefused
from bot.slack.manners import whisper

Blocks = Sequence[dict[str, Any]]
T = TypeVar("T")

_log = log.get(__name__)
_REMEMBER_S = 3600.0
_AT_MOST = 5000
_REFUSED = "invalid_blocks"


class NativeBlocks:
    """Remembers for an hour, per workspace, that its Slack refused native blocks: they are rolled out in phases."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until: dict[UUID, float] = {}

    async def show(
        self, workspace_id: UUID, send: Callable[[Blocks], Awaitable[T]], native: Blocks, plain: Blocks
    ) -> T:
        """Send the native blocks, or the plain ones when they are refused. `send` raises SlackRefused."""
        if self._until.get(workspace_id, 0.0) <= self._clock():
            try:
                return await send(native)
            except SlackRefused as refused:
                if not refused.code.startswith(_REFUSED):
                    raise
                self._remember(workspace_id)
        return await send(plain)

    def _remember(self, workspace_id: UUID) -> None:
        _log.info("native_blocks_refused", workspace_id=str(workspace_id))
        if len(self._until) >= _AT_MOST:
            self._until.clear()
        self._until[workspace_id] = self._clock() + _REMEMBER_S


def ephemeral(respond: AsyncRespond, text: str) -> Callable[[Blocks], Awaitable[None]]:
    """Blocks to the asker alone, with `text` for screen readers; what Slack answers to it is heeded."""

    async def send(blocks: Blocks) -> None:
        answer = await whisper(respond, text, list(blocks))
        if _REFUSED in answer.body:
            raise SlackRefused(_REFUSED, "response_url")

    return send
