"""Stops: work goes on until it ends, or until the asker, an admin or a deleted question ends it, whichever replica hears of it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from bot import log
from bot.db.database import Database
from bot.db.inbox import TakenAsk
from bot.db.stops import WITHDRAWN
from bot.errors import DatabaseAway, Stopped
from bot.slack.client import SlackRefused, SlackUnsure
from bot.slack.installations import Clients, NotInstalled
from bot.slack.people import People

_log = log.get(__name__)
_LOOK_S = 0.5
NOT_YOURS = "Only the person who asked, or an admin, can stop me here."


class Stops:
    """Looks into the inbox twice a second while an answer is made."""

    def __init__(self, db: Database, clients: Clients, people: People) -> None:
        self._db, self._clients, self._people = db, clients, people

    async def unless_stopped(self, ask: TakenAsk, work: Coroutine[Any, Any, None]) -> None:
        """Do the work to its end, or cancel it. Raises Stopped, and what the work raises."""
        if ask.stop_by and (stop := await self._judged(ask, ask.stop_by)):
            work.close()
            raise stop
        stopped: list[Stopped] = []
        try:
            async with asyncio.timeout(None) as until:
                looking = asyncio.create_task(self._look(ask, until, stopped))
                try:
                    await work
                finally:
                    looking.cancel()
                    await asyncio.gather(looking, return_exceptions=True)
        except TimeoutError:
            if stopped:
                raise stopped[0] from None
            raise

    async def _look(self, ask: TakenAsk, until: asyncio.Timeout, stopped: list[Stopped]) -> None:
        while True:
            await asyncio.sleep(_LOOK_S)
            try:
                async with self._db.unit(ask.workspace_id, single=True) as unit:
                    by = await unit.stops.wanted(ask.lease)
            except DatabaseAway:
                continue
            if by and (stop := await self._judged(ask, by)):
                stopped.append(stop)
                until.reschedule(asyncio.get_running_loop().time())
                return

    async def _judged(self, ask: TakenAsk, by: str) -> Stopped | None:
        """The stop, if whoever wants it may; else they are told that they may not."""
        if by in {WITHDRAWN, ask.user_id} or (await self._people.find(ask.workspace_id, by)).is_admin:
            _log.info("stopped", task_id=str(ask.task_id), by=by)
            return Stopped(withdrawn=by == WITHDRAWN)
        async with self._db.unit(ask.workspace_id) as unit:
            await unit.stops.refuse(ask.lease, by)
        try:
            client = await self._clients.of(ask.workspace_id)
            where = {"channel": ask.channel_id, "thread_ts": ask.thread_ts}
            await client.try_once("chat.postEphemeral", user=by, text=NOT_YOURS, **where)
        except (SlackRefused, SlackUnsure, NotInstalled) as error:
            _log.info("not_told", task_id=str(ask.task_id), error=str(error))
        return None
