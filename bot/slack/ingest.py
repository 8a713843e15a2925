"""Storing before acknowledging: an ask or a farewell is committed before Slack gets its 200."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot import log
from bot.db.crowds import Most
from bot.db.database import Database
from bot.db.ids import workspace_id_of
from bot.db.inbox import NewAsk
from bot.db.unit import depart
from bot.errors import DatabaseAway
from bot.slack.edits import Edit, edited
from bot.slack.events import Incoming, happened_at, incoming, is_farewell, is_message, workspace_of
from bot.slack.follow_ups import Overheard, overheard
from bot.slack.halts import Halt, halting
from bot.slack.hush import hush_of
from bot.slack.mrkdwn import without_own_mention
from bot.slack.retractions import Retraction, retracted
from bot.slack.twins import Twins

_log = log.get(__name__)
STORE_WITHIN_S = 1.5
_CLOCKS_APART = timedelta(seconds=5)
_MOST = Most()
_CROWD = 6
"""With so many at once the slowest of a hundred acknowledgements still comes within 0.1 s, at 100 mentions/s on two cores."""

Next = Callable[[], Awaitable[BoltResponse]]


class Ingest:
    """Runs right after the signature check and before Bolt authorises: no Web API call stands between."""

    def __init__(self, db: Database, wake: Callable[[], None], most: Most = _MOST) -> None:
        """`most` says how much may wait before an ask is refused."""
        self._db, self.wake, self._most = db, wake, most
        self._twins, self._arriving = Twins(), 0

    @property
    def crowded(self) -> bool:
        """Whether so many events wait here for their acknowledgement that no answer should be begun beside them."""
        return self._arriving > _CROWD

    async def __call__(self, req: AsyncBoltRequest, next: Next) -> BoltResponse | None:  # noqa: A002 - Bolt's name
        """Store what is to be answered. 500 when the database is away, so that Slack sends again."""
        body: Any = req.body
        if not isinstance(body, dict) or body.get("type") != "event_callback":
            return await next()
        self._arriving += 1
        try:
            async with asyncio.timeout(STORE_WITHIN_S):
                served = await self._take(body)
        except (DatabaseAway, TimeoutError):
            _log.warning("not_stored", reason="database away")
            return BoltResponse(status=500, body="not stored")
        finally:
            self._arriving -= 1
            if self._arriving == _CROWD:
                self.wake()
        return await next() if served else BoltResponse(status=200, body="")

    async def _take(self, body: Any) -> bool:
        """Write down what the event asks for; False when nothing is left to do: an ask that is stored needs no listener.

        Slack tells of every post in her channels: what is plainly not for her costs no look into the database.
        """
        found, slack_id = incoming(body), workspace_of(body)
        if found:
            await self._store_found(found)
            return False
        if heard := overheard(body):
            await self._overhear(heard)
            return False
        if slack_id and (halt := halting(body)):
            await self._halt(slack_id, halt)
        if slack_id and (edit := edited(body)):
            await self._reword(slack_id, edit)
        if slack_id and (gone := retracted(body)):
            await self._retract(slack_id, gone)
        if is_message(body):
            return False
        if slack_id and is_farewell(body):
            await self._retire(slack_id, happened_at(body))
            return False
        return await self._serves(slack_id)

    async def _retire(self, slack_id: str, at: datetime) -> None:
        """Stop serving a workspace, unless Lucy was installed there again since `at`: Slack's repeats come late."""
        async with self._db.unit(workspace_id_of(slack_id)) as unit:
            if await unit.installations.made_after(at + _CLOCKS_APART):
                return
            await unit.installations.forget()
            await depart(unit)

    async def _store_found(self, found: Incoming) -> None:
        ask = found.ask
        key = found.slack_id, ask.channel_id, ask.ts
        await self._twins.once(key, lambda: self.store(workspace_id_of(found.slack_id), ask, found.bot_user))

    async def store(self, workspace_id: UUID, ask: NewAsk, bot_user: str | None = None) -> bool:
        """Store an ask, or refuse it where too much waits, and wake the worker; False where Lucy does not serve.

        Raises DatabaseAway.
        """
        muted = hush_of(without_own_mention(ask.text, bot_user or ""))
        async with self._db.unit(workspace_id, single=True) as unit:
            arrival = await unit.arrivals.take(ask, self._most, muted=muted)
        if arrival is None:
            return False
        if arrival.limit:
            _log.warning("refused", limit=arrival.limit, user=ask.user_id, channel=ask.channel_id)
            async with self._db.unit(workspace_id) as unit:
                await unit.crowds.refuse(ask, arrival.limit, self._most)
        if arrival.task_id:
            self.wake()
        return True

    async def _overhear(self, heard: Overheard) -> None:
        """A follow-up is an ask; anything else in a thread of hers is people's own talk, of which no word is kept."""
        ask = heard.found.ask
        async with self._db.unit(workspace_id_of(heard.found.slack_id)) as unit:
            thread = await unit.joined.standing(ask.channel_id, ask.thread_ts)
            hers = thread is not None and heard.open and thread.hears(ask.user_id)
            if thread and not hers and thread.spoke != "people":
                await unit.joined.spoke(ask.channel_id, ask.thread_ts, "people")
        if hers:
            await self._store_found(heard.found)

    async def _halt(self, slack_id: str, halt: Halt) -> None:
        async with self._db.unit(workspace_id_of(slack_id)) as unit:
            if halt.by is None:
                await unit.stops.withdraw(halt.channel_id, halt.ts)
            else:
                await unit.stops.stop(halt.channel_id, halt.ts, halt.by)

    async def _reword(self, slack_id: str, edit: Edit) -> None:
        """An edit before the work begins changes the ask; after that it changes nothing."""
        async with self._db.unit(workspace_id_of(slack_id)) as unit:
            await unit.edits.reword(edit.channel_id, edit.ts, edit.text, edit.files)

    async def _retract(self, slack_id: str, gone: Retraction) -> None:
        """What somebody took back is kept nowhere any more, and in no summary."""
        async with self._db.unit(workspace_id_of(slack_id)) as unit:
            await unit.summaries.retract(gone.channel_id, gone.thread_ts, gone.ts)
            await unit.kept.retract(gone.channel_id, gone.thread_ts, gone.ts)

    async def _serves(self, slack_id: str | None) -> bool:
        if slack_id is None:
            return False
        async with self._db.unit(workspace_id_of(slack_id)) as unit:
            workspace = await unit.workspaces.read()
        return workspace is not None and workspace.served
