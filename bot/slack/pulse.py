"""Whether Slack still takes a workspace's token: `auth.test` behind a memory of ten minutes, and a mark where it does not."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from bot import log
from bot.db.database import Database
from bot.db.unit import depart
from bot.slack.client import DEAD, SlackRefused, SlackUnsure
from bot.slack.installations import Clients, NotInstalled

_log = log.get(__name__)
_WITHIN_S = 2
_REMEMBER_S, _REMEMBER_SILENCE_S = 600.0, 30.0
_AT_MOST = 5000
GIVEN_UP_S = 7 * 86_400.0
"""A token that was refused for so long is not asked about any more: the workspace counts as one that left."""


@dataclass(frozen=True, slots=True)
class _Known:
    alive: bool
    until: float


class Pulse:
    """Marks a workspace when its token is dead, so that no replica pays for answers that cannot be said there."""

    def __init__(self, db: Database, clients: Clients, clock: Callable[[], float] = time.monotonic) -> None:
        self._db, self._clients, self._clock = db, clients, clock
        self._known: dict[UUID, _Known] = {}
        self._asking: dict[UUID, asyncio.Task[bool]] = {}
        clients.listen(self.doubt)

    async def beats(self, workspace_id: UUID) -> bool:
        """Whether the token is good; a Slack that is away kills none. One question at a time, whoever asks."""
        known = self._known.get(workspace_id)
        if known and known.until > self._clock():
            return known.alive
        asking = self._asking.get(workspace_id)
        if asking is None:
            asking = self._asking[workspace_id] = asyncio.create_task(self._ask(workspace_id))
            asking.add_done_callback(lambda _: self._asking.pop(workspace_id, None))
        return await asyncio.shield(asking)

    async def doubt(self, workspace_id: UUID) -> None:
        """A call was refused as if the token were dead: ask now, unless that is known."""
        known = self._known.get(workspace_id)
        if known is None or known.alive:
            self._known.pop(workspace_id, None)
            await self.beats(workspace_id)

    async def tick(self) -> None:
        """Ask again about every token that was refused; after a week who installed Lucy has left.

        The one workspace of a token in the settings never has: whoever set it decides.
        """
        async with self._db.operations() as operations:
            lost = await operations.lost()
        for workspace_id, age_s in lost:
            self._known.pop(workspace_id, None)
            if not await self.beats(workspace_id) and age_s > GIVEN_UP_S:
                await self._give_up(workspace_id)

    async def _give_up(self, workspace_id: UUID) -> None:
        async with self._db.unit(workspace_id) as unit:
            if await unit.installations.forget():
                await depart(unit)

    async def _ask(self, workspace_id: UUID) -> bool:
        alive, remember_s = await self._answer(workspace_id)
        if remember_s == _REMEMBER_S:
            async with self._db.unit(workspace_id) as unit:
                await (unit.workspaces.find_again() if alive else unit.workspaces.lose())
        if len(self._known) >= _AT_MOST:
            self._known.clear()
        self._known[workspace_id] = _Known(alive, self._clock() + remember_s)
        return alive

    async def _answer(self, workspace_id: UUID) -> tuple[bool, float]:
        """Slack's word, and for how many seconds it is taken."""
        try:
            client = await self._clients.of(workspace_id, doubted=True)
            async with asyncio.timeout(_WITHIN_S):
                await client.try_once("auth.test")
        except SlackRefused as refused:
            if refused.code not in DEAD:
                return True, _REMEMBER_SILENCE_S
            _log.warning("token_dead", workspace_id=str(workspace_id), code=refused.code)
            return False, _REMEMBER_S
        except NotInstalled:
            return False, _REMEMBER_SILENCE_S
        except (SlackUnsure, TimeoutError):
            return True, _REMEMBER_SILENCE_S
        return True, _REMEMBER_S
