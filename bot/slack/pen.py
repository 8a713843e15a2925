"""What writes a streamed answer into Slack: under the lease, not too often, and never the same words twice."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from bot import log
from bot.db.database import Database
from bot.db.inbox import TakenAsk
from bot.slack.client import SlackClient, SlackRefused, SlackUnsure
from bot.slack.guard import guard
from bot.slack.installations import Access
from bot.slack.leave import Leave
from bot.slack.rewrite import end_stream, rewrite

_log = log.get(__name__)
_LOOKED_FOR_S = 25.0
"""Seconds in which an old message is looked through for the end of a line."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Seconds between two calls of a stream (0: nothing is streamed), and how old a message grows before the next begins."""

    every_s: float = 1.0
    message_s: float = 235.0
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


@dataclass(frozen=True, slots=True)
class Place:
    """Where an answer goes: the workspace's client, and as whom Lucy acts there."""

    client: SlackClient
    access: Access


@dataclass(slots=True)
class Message:
    """A message that stands in Slack and grows; its stream may have `ended`."""

    ts: str
    begun: float
    ended: bool = False


class Pen:
    """Writes for one ask. Whoever uses it calls `rest` before everything else."""

    def __init__(self, db: Database, ask: TakenAsk, place: Place, rhythm: Rhythm) -> None:
        self._db, self._ask, self._place, self._rhythm = db, ask, place, rhythm
        self._next_call = 0.0

    async def rest(self) -> None:
        """Wait until the next call may leave."""
        while (wait_s := self._next_call - self._rhythm.clock()) > 0:
            await self._rhythm.sleep(wait_s)

    async def rest_for(self, method: str) -> None:
        """Wait until the workspace may call a method once more."""
        while wait_s := await self._place.client.room_for(method, self._ask.channel_id):
            await self._rhythm.sleep(wait_s)

    def should_turn(self, message: Message, *, easily: bool) -> bool:
        """Slack would soon end this message by itself: the next one begins where it can `easily`, and in any case then."""
        age_s = self._rhythm.clock() - message.begun
        return age_s > self._rhythm.message_s or (easily and age_s > self._rhythm.message_s - _LOOKED_FOR_S)

    async def begin(self, part: int, words: str) -> Message | None:
        """Begin a message; None where another Lucy began it, or where the workspace has no room for a stream.

        Raises LeaseLost, SlackRefused or SlackUnsure.
        """
        ask = self._ask
        if await self._place.client.room_for("chat.startStream", ask.channel_id):
            return None
        given = Leave()
        async with self._db.unit(ask.workspace_id, single=True) as unit:
            if not await unit.streams.begin(ask.lease, part):
                return None
        try:
            said = {"thread_ts": ask.thread_ts, "markdown_text": words, **self._readers()}
            ts = str((await self._call("chat.startStream", given, **said))["ts"])
        except SlackRefused:
            async with self._db.unit(ask.workspace_id, single=True) as unit:
                await unit.streams.take_back(ask.lease, part)
            raise
        async with self._db.unit(ask.workspace_id, single=True) as unit:
            await unit.streams.stands(ask.lease, part, ts)
        return Message(ts, self._rhythm.clock())

    async def write(self, message: Message, words: str, whole: dict[str, Any]) -> bool:
        """Append the words, or say the `whole` where the stream has ended; False when they did not arrive (yet).

        Raises LeaseLost, or SlackRefused where nothing more can be shown.
        """
        given = await self._hold()
        try:
            if message.ended:
                await self._call("chat.update", given, ts=message.ts, **whole)
            else:
                await self._call("chat.appendStream", given, ts=message.ts, markdown_text=words)
        except SlackUnsure:
            message.ended = True
            return False
        except SlackRefused as refused:
            await self._give_way(message, refused)
            return False
        return True

    async def end(self, message: Message, shown: str, text: str, said: dict[str, Any]) -> None:
        """Stop the stream with the rest of the words and what stands under them, else update the whole message.

        Raises LeaseLost, Gone, Undeliverable, SlackRefused or SlackUnsure.
        """
        whole, where = guard(text), self._where(message)
        given = await self._hold()
        if not message.ended and whole.startswith(shown):
            rest = {"markdown_text": whole[len(shown) :]} if len(whole) > len(shown) else {}
            under = {"blocks": said["blocks"][1:]} if said["blocks"][1:] else {}
            try:
                await self._call("chat.stopStream", given, ts=message.ts, metadata=said["metadata"], **rest, **under)
            except (SlackRefused, SlackUnsure) as error:
                _log.info("stream_not_ended", task_id=str(self._ask.task_id), error=str(error))
            else:
                return
            await self.rest()
        if not message.ended:
            await end_stream(self._place.client, where)
            self._counted()
            await self.rest()
        await rewrite(self._place.client, self._hold, where, said, text)

    async def _give_way(self, message: Message, refused: SlackRefused) -> None:
        """Slower where it was too fast; updates where a stream takes no more. Raises the refusal of an update."""
        self._next_call = max(self._next_call, self._rhythm.clock() + refused.retry_after_s)
        if refused.code == "streaming_state_conflict":
            await end_stream(self._place.client, self._where(message))
        elif refused.code != "ratelimited":
            if message.ended:
                raise refused
            message.ended = True

    async def _call(self, method: str, given: Leave, **arguments: Any) -> dict[str, Any]:
        async def still_mine() -> Leave:
            return given if given.is_fresh else await self._hold()

        self._counted()
        return await self._place.client.try_once(method, still_mine, channel=self._ask.channel_id, **arguments)

    def _counted(self) -> None:
        self._next_call = max(self._next_call, self._rhythm.clock() + self._rhythm.every_s)

    async def _hold(self) -> Leave:
        given = Leave()
        async with self._db.unit(self._ask.workspace_id, single=True) as unit:
            await unit.inbox.hold(self._ask.lease)
        return given

    def _where(self, message: Message) -> dict[str, str]:
        return {"channel": self._ask.channel_id, "ts": message.ts}

    def _readers(self) -> dict[str, str]:
        """Who reads along, and of which team they are: in a shared channel perhaps of a foreign one."""
        team = self._ask.user_team or self._place.access.slack_id
        return {"recipient_user_id": self._ask.user_id, "recipient_team_id": team}
