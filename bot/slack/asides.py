"""What concerns one person is told to them alone where others read along, and who is not answered at all."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from bot import log
from bot.db.database import Database
from bot.db.inbox import TakenAsk
from bot.slack.blocks import reply_message
from bot.slack.client import SlackRefused, SlackUnsure
from bot.slack.installations import Clients, NotInstalled
from bot.slack.people import People

_log = log.get(__name__)
NO_GUESTS = "In this workspace I answer its members only: an admin has decided so. Please ask a colleague."
AT = "@"
"""Behind the value of a button that only one person sees: the thread that it belongs to."""


class Asides:
    """Direct messages need none: nobody else is there, and what is posted stays."""

    def __init__(self, db: Database, clients: Clients, people: People, within_s: float = 3.0) -> None:
        """`within_s`: how long Slack may take to show who asks."""
        self._db, self._clients, self._people, self._within_s = db, clients, people, within_s

    async def barred(self, ask: TakenAsk) -> str | None:
        """None for whoever is answered; else what they are told, which to a machine is nothing.

        Whom Slack does not show, or not in time, is answered.
        """
        try:
            async with asyncio.timeout(self._within_s):
                person = await self._people.look(ask.workspace_id, ask.user_id)
        except TimeoutError:
            return None
        if person.is_bot:
            return ""
        if not person.is_guest:
            return None
        async with self._db.unit(ask.workspace_id) as unit:
            return None if (await unit.switches.read()).guests else NO_GUESTS

    async def tell(self, ask: TakenAsk, text: str, actions: Sequence[Mapping[str, str]] = ()) -> bool:
        """Tell the asker alone; False where it must be said as an answer is: in a direct message, or where Slack won't.

        Slack shows it in a thread only if that has replies already.
        """
        if ask.channel_type == "im":
            return False
        placed = [{**each, "value": f"{each['value']}{AT}{ask.thread_ts}"} for each in actions]
        said = reply_message(text, "", actions=placed)
        thread = {} if ask.thread_ts == ask.asked_ts else {"thread_ts": ask.thread_ts}
        where = {"channel": ask.channel_id, "user": ask.user_id, **thread}
        try:
            client = await self._clients.of(ask.workspace_id)
            await client.call("chat.postEphemeral", text=said["text"], blocks=said["blocks"], **where)
        except (SlackRefused, SlackUnsure, NotInstalled) as error:
            _log.info("not_told_alone", task_id=str(ask.task_id), error=str(error))
            return False
        return True
