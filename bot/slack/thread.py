"""Lucy's side of a Slack thread: reading it, showing that she works, and posting what is stored, once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

from bot import log
from bot.conversation.ask import Transcript, Turn
from bot.db.database import Database
from bot.db.inbox import TakenAsk
from bot.db.replies import ReplyPart
from bot.errors import Undeliverable
from bot.slack.blocks import part_key, plain_message, reply_message
from bot.slack.client import SlackClient, SlackRefused, SlackUnsure
from bot.slack.history import before, since
from bot.slack.installations import Clients, NotInstalled
from bot.slack.mrkdwn import decode, mentioned, without_own_mention
from bot.slack.people import People
from bot.telemetry import Telemetry

_log = log.get(__name__)
_DECORATION = (
    "invalid_blocks",
    "msg_too_long",
    "msg_blocks_too_long",
    "invalid_metadata",
    "markdown",
    "no_text",
)
_SOFT = (SlackRefused, SlackUnsure, NotInstalled)
_POST_TRIES = 3
_STATUS_WITHIN_S = 2
_LATE = "_(answering after a restart)_\n\n"
"""Said when nobody can tell whether the answer stands there already."""

Footer = Callable[[UUID, UUID], Awaitable[str | None]]
"""(workspace, task) -> the line under an answer: model, tier, cost, time."""


class Threads:
    """What the worker needs of Slack."""

    def __init__(
        self,
        db: Database,
        clients: Clients,
        people: People,
        footer: Footer,
        telemetry: Telemetry,
        settle_s: float = 20,
    ) -> None:
        """`settle_s`: how long a post whose fate is unknown may still arrive, in seconds."""
        self._db, self._clients, self._people = db, clients, people
        self._footer, self._telemetry, self._settle_s = footer, telemetry, settle_s

    async def read(self, ask: TakenAsk) -> Transcript:
        """The ask and the thread before it in plain words; what cannot be looked up is left out."""
        try:
            me = await self._clients.bot_user(ask.workspace_id)
            messages = await before(await self._clients.of(ask.workspace_id), ask)
        except _SOFT as error:
            _log.info("thread_unread", task_id=str(ask.task_id), error=str(error))
            me, messages = "", []
        texts = [ask.text, *(str(message.get("text", "")) for message in messages)]
        speakers = {str(message["user"]) for message in messages if message.get("user")} | {ask.user_id}
        known = speakers.union(*map(mentioned, texts)) - {me}
        names = {me: "Lucy", **await self._people.names(ask.workspace_id, known)}
        turns = tuple(_turn(message, me, names) for message in messages)
        text = decode(without_own_mention(ask.text, me) if me else ask.text, names)
        people = frozenset(names[user].lower().split(" ")[0] for user in mentioned(ask.text) if names.get(user))
        return Transcript(text, turns, names.get(ask.user_id, ""), ask.files, people)

    async def answered(self, ask: TakenAsk) -> bool:
        """Whether a part of this ask's answer stands in Slack already; False where Slack won't let us look.

        Raises SlackUnsure while Slack is away.
        """
        try:
            messages = await since(await self._clients.of(ask.workspace_id), ask)
        except (SlackRefused, NotInstalled) as error:
            _log.warning("look_up_impossible", task_id=str(ask.task_id), error=str(error))
            return False
        return any((_key_of(message) or "").startswith(f"{ask.task_id}:") for message in messages)

    async def working(self, ask: TakenAsk) -> None:
        """Show that Lucy is at it; a workspace that refuses simply doesn't see it."""
        await self._status(ask, "is thinking…")

    async def settled(self, ask: TakenAsk) -> None:
        """Take that sign away."""
        await self._status(ask, "")

    async def deliver(self, ask: TakenAsk) -> None:
        """Post every stored part that does not stand in Slack yet. Raises Undeliverable, LeaseLost."""
        async with self._db.unit(ask.workspace_id) as unit:
            parts = await unit.replies.parts(ask.task_id)
        missing = [part for part in parts if part.ts is None]
        footer = await self._footer(ask.workspace_id, ask.task_id) if missing else None
        for part in missing:
            await self._deliver_part(
                ask, part, footer if part.part == parts[-1].part else None, taken_over=ask.attempts > 1
            )
        if missing:
            self._telemetry.emit("reply_posted", task_id=str(ask.task_id), parts=len(parts))

    async def _deliver_part(self, ask: TakenAsk, part: ReplyPart, footer: str | None, *, taken_over: bool) -> None:
        try:
            client = await self._clients.of(ask.workspace_id)
        except NotInstalled as error:
            raise Undeliverable("not installed") from error
        wait_s = max(0.0, self._settle_s - part.age_s)
        ts, late = await self._look_up(client, ask, part, wait_s) if taken_over else (None, "")
        ts = ts or await self._post(client, ask, replace(part, text=late + part.text), footer)
        async with self._db.unit(ask.workspace_id) as unit:
            await unit.replies.posted(ask.lease, part.part, ts)

    async def _post(self, client: SlackClient, ask: TakenAsk, part: ReplyPart, footer: str | None) -> str:
        """Post once, and only under the lease; when Slack's answer is lost, look before posting again."""
        key = part_key(ask.task_id, part.part)
        message = reply_message(part.text, key, footer, part.actions)

        async def intend() -> None:
            async with self._db.unit(ask.workspace_id) as unit:
                await unit.replies.intend(ask.lease, part.part)

        for _ in range(_POST_TRIES):
            try:
                answer = await client.call(
                    "chat.postMessage", intend, channel=ask.channel_id, thread_ts=ask.thread_ts, **message
                )
                return str(answer["ts"])
            except SlackRefused as refused:
                message = _plainer(message, part, key, refused)
            except SlackUnsure:
                found, _ = await self._look_up(client, ask, part, self._settle_s)
                if found:
                    return found
        raise SlackUnsure("chat.postMessage: no answer from Slack, again and again")

    async def _look_up(
        self, client: SlackClient, ask: TakenAsk, part: ReplyPart, wait_s: float
    ) -> tuple[str | None, str]:
        """The ts of a part that may stand in Slack already, after the time a late post may take.

        Where Slack never lets us look, no ts and the words to say so. Raises SlackUnsure while Slack is away.
        """
        await asyncio.sleep(wait_s)
        key = part_key(ask.task_id, part.part)
        try:
            messages = await since(client, ask)
        except SlackRefused as refused:
            _log.warning("look_up_impossible", task_id=str(ask.task_id), error=refused.code)
            return None, _LATE
        return next((str(message["ts"]) for message in messages if _key_of(message) == key), None), ""

    async def _status(self, ask: TakenAsk, status: str) -> None:
        try:
            client = await self._clients.of(ask.workspace_id)
            async with asyncio.timeout(_STATUS_WITHIN_S):
                await client.call(
                    "assistant.threads.setStatus",
                    channel_id=ask.channel_id,
                    thread_ts=ask.thread_ts,
                    status=status,
                )
        except (*_SOFT, TimeoutError) as error:
            _log.debug("no_status", task_id=str(ask.task_id), error=str(error))


def _plainer(message: dict[str, Any], part: ReplyPart, key: str, refused: SlackRefused) -> dict[str, Any]:
    """What to post instead of a message that Slack refused. Raises Undeliverable, or SlackRefused for a later try."""
    if refused.code == "ratelimited":
        raise refused
    if "blocks" not in message or not refused.code.startswith(_DECORATION):
        raise Undeliverable(refused.code) from refused
    return plain_message(part.text, key)


def _turn(message: dict[str, Any], me: str, names: dict[str, str]) -> Turn:
    user = str(message.get("user", ""))
    text = decode(str(message.get("text", "")), names)
    return Turn("lucy", "Lucy", text) if user == me else Turn("user", names.get(user, user), text)


def _key_of(message: dict[str, Any]) -> str | None:
    payload = (message.get("metadata") or {}).get("event_payload") or {}
    return payload.get("key")
