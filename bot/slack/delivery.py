"""Delivering an answer: every stored part stands in Slack once, in the message that was streamed or in one of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bot import log
from bot.db.database import Database
from bot.db.inbox import TakenAsk
from bot.db.outgoing import Outgoing
from bot.db.replies import ReplyPart
from bot.db.stops import WITHDRAWN
from bot.db.streams import StreamMessage
from bot.errors import Undeliverable
from bot.slack.blocks import key_of, part_key, prefixed, reply_message
from bot.slack.client import Permit, SlackClient, SlackRefused, SlackUnsure
from bot.slack.history import since
from bot.slack.installations import Clients, NotInstalled
from bot.slack.leave import Leave
from bot.slack.live import Live
from bot.slack.rewrite import Gone, end_stream, plainer, rewrite
from bot.telemetry import Telemetry

_log = log.get(__name__)
_POST_TRIES = 3
_LATE = "_(answering after a restart)_\n\n"
"""Said when nobody can tell whether the answer stands there already."""

Message = dict[str, Any]
Under = Callable[[TakenAsk, Outgoing], Sequence[Message]]
"""The blocks under an answer: model, tier, cost, time, and the buttons."""


@dataclass(frozen=True, slots=True)
class _Due:
    """A part of an ask's answer, and who gives leave to say it."""

    ask: TakenAsk
    part: ReplyPart
    permit: Permit


class Delivery:
    """From the database to Slack."""

    def __init__(
        self, db: Database, clients: Clients, under: Under, telemetry: Telemetry, settle_s: float = 20
    ) -> None:
        """`settle_s`: how long a post whose fate is unknown may still arrive, in seconds."""
        self._db, self._clients, self._under = db, clients, under
        self._telemetry, self._settle_s = telemetry, settle_s

    async def deliver(self, ask: TakenAsk, live: Live, outcome: str) -> str:
        """See that every stored part stands in Slack, and nothing else of this ask, and end it; how it ended.

        Of an answer whose question was deleted meanwhile, what stands there stays and no more is said: "withdrawn".
        Where the last part stands and the end are one commit, unless something must be taken away before the end.
        Raises Undeliverable, LeaseLost; then the ask has not ended.
        """
        await live.end_writing()
        given = Leave()
        outgoing = await self._outgoing(ask)
        if outgoing.stop_by == WITHDRAWN:
            outcome = WITHDRAWN
            async with self._db.unit(ask.workspace_id, single=True) as unit:
                await unit.replies.take_back(ask.lease)
            outgoing = await self._outgoing(ask)
        answer = outgoing.answer
        missing, left = answer.missing, answer.left_over
        under = self._under(ask, outgoing) if missing else ()
        for part in missing:
            below = under if part is answer.parts[-1] else ()
            due = _Due(ask, part, self._permit(ask, part.part, given))
            ts = await self._deliver_part(due, below, (live, answer.begun.get(part.part)))
            async with self._db.unit(ask.workspace_id, single=True) as unit:
                if part is missing[-1] and not left:
                    await unit.endings.end(ask.lease, outcome, (part.part, ts))
                else:
                    await unit.replies.posted(ask.lease, part.part, ts)
        if left or not missing:
            await self._sweep(ask, left)
            async with self._db.unit(ask.workspace_id, single=True) as unit:
                await unit.endings.end(ask.lease, outcome)
        if missing:
            self._telemetry.emit("reply_posted", task_id=str(ask.task_id), parts=len(answer.parts))
        return outcome

    async def _outgoing(self, ask: TakenAsk) -> Outgoing:
        async with self._db.unit(ask.workspace_id, single=True) as unit:
            return await unit.outgoing.of(ask.lease)

    async def _deliver_part(
        self, due: _Due, under: Sequence[Message], streamed: tuple[Live, StreamMessage | None]
    ) -> str:
        """See that a part stands, with what is under it; its ts."""
        ask, part = due.ask, due.part
        said = reply_message(part.text, part_key(ask.task_id, part.part), under, part.actions)
        try:
            client = await self._clients.of(ask.workspace_id)
        except NotInstalled as error:
            raise Undeliverable("not installed") from error
        try:
            ts = await self._finish(client, due, said, streamed)
        except Gone as gone:
            _log.info("stream_gone", task_id=str(ask.task_id), reason=str(gone))
            ts = None
        return ts or await self._post_once(client, due, said)

    async def _finish(
        self, client: SlackClient, due: _Due, said: Message, streamed: tuple[Live, StreamMessage | None]
    ) -> str | None:
        """Let a message that was streamed say its part, if there is one; its ts."""
        ask, part, (live, begun) = due.ask, due.part, streamed
        if begun is None:
            return None
        if ts := await live.finish(part.part, part.text, said):
            return ts
        ts = begun.ts or await self._lost_stream(client, ask, begun)
        if ts is None:
            return None
        where = {"channel": ask.channel_id, "ts": ts}
        await end_stream(client, where)
        return await rewrite(client, due.permit, where, said, part.text)

    async def _lost_stream(self, client: SlackClient, ask: TakenAsk, begun: StreamMessage) -> str | None:
        """The ts of a message that may have been begun: the only one of hers in the thread since that has no key."""
        await asyncio.sleep(max(0.0, self._settle_s - begun.age_s))
        try:
            messages = await since(client, ask)
        except SlackRefused as refused:
            _log.warning("look_up_impossible", task_id=str(ask.task_id), error=refused.code)
            return None
        me = await self._clients.bot_user(ask.workspace_id)
        mine = (message for message in messages if message.get("user") == me and not message.get("metadata"))
        return next((str(message["ts"]) for message in mine), None)

    async def _sweep(self, ask: TakenAsk, left: Sequence[StreamMessage]) -> None:
        """Take away what a dead Lucy began and the answer does not need."""
        for message in left:
            client = await self._clients.of(ask.workspace_id)
            ts = message.ts or await self._lost_stream(client, ask, message)
            if ts is None:
                continue
            where = {"channel": ask.channel_id, "ts": ts}
            await end_stream(client, where)
            try:
                await client.call("chat.delete", **where)
            except SlackRefused as refused:
                _log.info("not_swept", task_id=str(ask.task_id), error=refused.code)

    def _permit(self, ask: TakenAsk, part: int, given: Leave) -> Permit:
        """The leave that was `given` with what is outgoing, once and while it is fresh; then another, with a newer intent."""
        unused = [given]

        async def intend() -> Leave:
            if unused and (leave := unused.pop()).is_fresh:
                return leave
            leave = Leave()
            async with self._db.unit(ask.workspace_id, single=True) as unit:
                await unit.replies.intend(ask.lease, part)
            return leave

        return intend

    async def _post_once(self, client: SlackClient, due: _Due, said: Message) -> str:
        """Post a part that does not stand there yet; after a crash it is looked for first."""
        wait_s = max(0.0, self._settle_s - due.part.age_s)
        ts, late = await self._look_up(client, due, wait_s) if due.ask.attempts > 1 else (None, "")
        return ts or await self._post(client, due, prefixed(said, late))

    async def _post(self, client: SlackClient, due: _Due, said: Message) -> str:
        """Post once, and only under the lease; when Slack's answer is lost, look before posting again."""
        where = {"channel": due.ask.channel_id, "thread_ts": due.ask.thread_ts}
        for _ in range(_POST_TRIES):
            try:
                return str((await client.call("chat.postMessage", due.permit, **where, **said))["ts"])
            except SlackRefused as refused:
                said = plainer(said, due.part.text, refused)
            except SlackUnsure:
                found, _ = await self._look_up(client, due, self._settle_s)
                if found:
                    return found
        raise SlackUnsure("chat.postMessage: no answer from Slack, again and again")

    async def _look_up(self, client: SlackClient, due: _Due, wait_s: float) -> tuple[str | None, str]:
        """The ts of a part that may stand in Slack already, after the time a late post may take.

        Where Slack never lets us look, no ts and the words to say so. Raises SlackUnsure while Slack is away.
        """
        await asyncio.sleep(wait_s)
        key = part_key(due.ask.task_id, due.part.part)
        try:
            messages = await since(client, due.ask)
        except SlackRefused as refused:
            _log.warning("look_up_impossible", task_id=str(due.ask.task_id), error=refused.code)
            return None, _LATE
        return next((str(message["ts"]) for message in messages if key_of(message) == key), None), ""
