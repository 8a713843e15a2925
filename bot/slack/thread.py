"""Lucy's side of a Slack thread: reading it, showing that she works and what she writes, and delivering her answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from bot import log
from bot.conversation.ask import Transcript, Turn
from bot.db.database import Database
from bot.db.inbox import TakenAsk
from bot.errors import Undeliverable
from bot.files.attachment import Attachment
from bot.slack.asides import Asides
from bot.slack.ask_about import asked_in
from bot.slack.attachments import Attachments
from bot.slack.blocks import key_of
from bot.slack.client import SlackRefused, SlackUnsure
from bot.slack.delivery import Delivery
from bot.slack.hanging import files_of
from bot.slack.history import before as said_before
from bot.slack.history import merged, remembered, since
from bot.slack.hush import MUTED, UNMUTED, hush_of
from bot.slack.installations import Clients, NotInstalled
from bot.slack.live import Live
from bot.slack.mrkdwn import decode, mentioned, without_own_mention
from bot.slack.naming import labels, tidy
from bot.slack.pen import Pen, Place, Rhythm
from bot.slack.people import People
from bot.slack.pulse import Pulse
from bot.slack.status import Status
from bot.slack.stops import Stops

_log = log.get(__name__)
_SOFT = (SlackRefused, SlackUnsure, NotInstalled)
_WITHIN_S = 2.0
"""How long Slack is waited for where the newest messages are known anyhow."""


@dataclass(frozen=True, slots=True)
class Streaming:
    """What it takes to let people read along, and to know that they can."""

    stops: Stops
    pulse: Pulse
    rhythm: Rhythm = field(default_factory=Rhythm)


class Threads:
    """What the worker needs of Slack."""

    def __init__(
        self,
        db: Database,
        clients: Clients,
        people: People,
        delivery: Delivery,
        streaming: Streaming,
        attachments: Attachments,
    ) -> None:
        self._db, self._clients, self._people, self._attachments = db, clients, people, attachments
        self._delivery, self._streaming, self._status = delivery, streaming, Status(clients)
        self.asides = Asides(db, clients, people)

    @asynccontextmanager
    async def at_work(self, ask: TakenAsk) -> AsyncIterator[Live]:
        """Show that Lucy is at it, and what she writes; a workspace that refuses simply doesn't see it."""
        live = Live(ask, await self._pen(ask), self._streaming.stops)
        showing = asyncio.create_task(self._status.working(ask))
        try:
            yield live
        finally:
            await live.close()
            await showing
            await self._status.settled(ask)

    async def read(self, ask: TakenAsk) -> Transcript:
        """The ask and the thread before it in plain words; what cannot be looked up is left out.

        Raises Undeliverable where no answer could be said: before one is paid for.
        """
        if not await self._streaming.pulse.beats(ask.workspace_id):
            raise Undeliverable("Slack takes the token no more")
        try:
            me = await self._clients.bot_user(ask.workspace_id)
        except NotInstalled:
            me = ""
        messages = await self._said(ask, me)
        texts = [ask.text, *(str(message.get("text", "")) for message in messages)]
        speakers = {str(message["user"]) for message in messages if message.get("user")} | {ask.user_id}
        known = speakers.union(*map(mentioned, texts)) - {me}
        names = {me: "Lucy", **labels(await self._people.names(ask.workspace_id, known))}
        before = [ref for message in reversed(messages) if message.get("user") != me for ref in files_of(message)]
        attached = await self._attachments.read(ask.workspace_id, ask.files, before)
        turns = tuple(_turn(message, me, names, attached) for message in messages)
        text = decode(without_own_mention(ask.text, me) if me else ask.text, names)
        people = frozenset(names[user].lower().split(" ")[0] for user in mentioned(ask.text) if names.get(user))
        mine, asker = tuple(attached[ref.id] for ref in ask.files), names.get(ask.user_id, "")
        return Transcript(text, turns, asker, len(mine), people, mine)

    async def _said(self, ask: TakenAsk, me: str) -> list[dict[str, Any]]:
        """What stands in the thread before the ask, and what was kept of it: Slack's word is the newer one."""
        kept: list[dict[str, Any]] = []
        if ask.thread_ts != ask.asked_ts:
            async with self._db.unit(ask.workspace_id, single=True) as unit:
                kept = [remembered(one, me) for one in await unit.kept.of(ask.channel_id, ask.thread_ts)]
        within = {"within_s": _WITHIN_S} if kept else {}
        try:
            read = await said_before(await self._clients.of(ask.workspace_id), ask, **within)
        except _SOFT as error:
            _log.info("thread_unread", task_id=str(ask.task_id), error=str(error), kept=len(kept))
            read = []
        return merged(kept, read, ask.asked_ts)

    async def hushed(self, ask: TakenAsk) -> bool:
        """Whether the ask only orders her to be quiet in its thread, or not to be: told to the asker alone, if Slack lets us.

        What it orders holds since the ask was stored.
        """
        try:
            words = without_own_mention(ask.text, await self._clients.bot_user(ask.workspace_id))
            muted = hush_of(words) if ask.channel_type != "im" else None
            if muted is None:
                return False
            client = await self._clients.of(ask.workspace_id)
            where = {"channel": ask.channel_id, "thread_ts": ask.thread_ts, "user": ask.user_id}
            await client.call("chat.postEphemeral", text=MUTED if muted else UNMUTED, **where)
        except NotInstalled:
            return False
        except (SlackRefused, SlackUnsure) as error:
            _log.info("not_told", task_id=str(ask.task_id), error=str(error))
        return True

    async def answered(self, ask: TakenAsk) -> bool:
        """Whether a part of this ask's answer stands in Slack already; False where Slack won't let us look, and for a
        stream that the database knows to be unfinished.

        Raises SlackUnsure while Slack is away.
        """
        async with self._db.unit(ask.workspace_id, single=True) as unit:
            if await unit.streams.of(ask.task_id):
                return False
        try:
            messages = await since(await self._clients.of(ask.workspace_id), ask)
        except (SlackRefused, NotInstalled) as error:
            _log.warning("look_up_impossible", task_id=str(ask.task_id), error=str(error))
            return False
        return any((key_of(message) or "").startswith(f"{ask.task_id}:") for message in messages)

    async def _pen(self, ask: TakenAsk) -> Pen | None:
        streaming = self._streaming
        if not streaming.rhythm.every_s:
            return None
        try:
            place = Place(await self._clients.of(ask.workspace_id), await self._clients.access(ask.workspace_id))
        except NotInstalled:
            return None
        return Pen(self._db, ask, place, streaming.rhythm)

    async def deliver(self, ask: TakenAsk, live: Live, outcome: str) -> str:
        """See that every stored part stands in Slack and that the ask ends; how. Raises Undeliverable, LeaseLost."""
        return await self._delivery.deliver(ask, live, outcome)


def _turn(message: dict[str, Any], me: str, names: dict[str, str], attached: Mapping[str, Attachment]) -> Turn:
    user, said = str(message.get("user", "")), str(message.get("text", ""))
    if user == me and (asked := asked_in(said)):
        user, said = asked
    text, ts = decode(said, names), str(message.get("ts", ""))
    if user == me:
        return Turn("lucy", "Lucy", text, ts)
    name = names.get(user) or tidy(str(message.get("username") or "")) or "an app"
    found = tuple(attached[ref.id] for ref in files_of(message) if ref.id in attached)
    return Turn("user", name, text, ts, found)
