"""The buttons under an answer: what people think of it, the same question once more, and why this model."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, cast
from uuid import UUID

from slack_bolt.async_app import AsyncRespond

from bot import log
from bot.conversation.feedback import said, stronger
from bot.costs.footer import answering
from bot.db.database import Database
from bot.db.file_refs import FileRef
from bot.db.inbox import NewAsk
from bot.db.labels import Kind
from bot.db.stops import Asked
from bot.routing.choice import Tier
from bot.slack.ask_about import asked_in, asking, shortened
from bot.slack.client import SlackClient, SlackRefused, SlackUnsure
from bot.slack.events import clean, short_id
from bot.slack.hanging import files_of
from bot.slack.installations import Clients, NotInstalled
from bot.slack.manners import whisper
from bot.slack.mrkdwn import without_own_mention
from bot.slack.people import People
from bot.slack.under import STRONGER
from bot.slack.why import why_view

_log = log.get(__name__)
_SOFT = (SlackRefused, SlackUnsure, NotInstalled)

GONE = "That was too long ago: please ask me again."
NOT_YOURS = "Only the person who asked can do that. Ask me yourself, here in the thread."
ASKED_ALREADY = "I was asked for that already."
THANKS = {
    "thumbs_up": "Thanks! I'll keep choosing like that.",
    "thumbs_down": "Thanks for telling me. *Ask a stronger model* under the answer asks one that costs more.",
}


@dataclass(frozen=True, slots=True)
class Press:
    """A button that was pressed: whose answer it stands under, by whom, when."""

    action: str
    value: str
    user_id: str
    at: str
    trigger: str


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody said, and what hangs on it."""

    text: str
    files: tuple[FileRef, ...]


class Presses:
    """Every press may come twice, and long after the answer."""

    def __init__(self, db: Database, clients: Clients, people: People, wake: Callable[[], None]) -> None:
        self._db, self._clients, self._people, self._wake = db, clients, people, wake

    async def feedback(self, respond: AsyncRespond, body: dict[str, Any], workspace_id: UUID) -> None:
        """A thumb becomes a label of the choice."""
        way, _, task_id = press_of(body).value.partition(":")
        async with self._db.unit(workspace_id) as unit:
            known = way in THANKS and await said(unit, UUID(task_id), cast(Kind, way))
        await whisper(respond, THANKS[way] if known else GONE)

    async def once_more(self, respond: AsyncRespond, body: dict[str, Any], workspace_id: UUID) -> None:
        """The asker wants another answer to the same question, perhaps a stronger model's."""
        press = press_of(body)
        task_id = UUID(press.value)
        async with self._db.unit(workspace_id) as unit:
            asked, served = await unit.stops.asked(task_id), answering(await unit.costs.of_task(task_id))
        if asked is None or served is None:
            await whisper(respond, GONE)
        elif asked.user_id != press.user_id:
            await whisper(respond, NOT_YOURS)
        elif (message := await self._question(workspace_id, asked)) is None:
            await whisper(respond, GONE)
        else:
            tier = Tier(min(served.tier + 1, Tier.FRONTIER)) if press.action == STRONGER else None
            question = replace(message, text=_wished(message.text, tier))
            if not await self._ask(workspace_id, (press, task_id), asked, question):
                await whisper(respond, ASKED_ALREADY)

    async def why(self, respond: AsyncRespond, body: dict[str, Any], workspace_id: UUID) -> None:
        """Show how the model was chosen; what it cost only to the asker and to admins."""
        press = press_of(body)
        async with self._db.unit(workspace_id) as unit:
            choice = await unit.choices.of_task(UUID(press.value))
            rows = await unit.costs.of_task(UUID(press.value))
        if choice is None:
            await whisper(respond, GONE)
            return
        mine = choice.user_id == press.user_id
        seen = rows if mine or (await self._people.find(workspace_id, press.user_id)).is_admin else ()
        try:
            client = await self._clients.of(workspace_id)
            await client.try_once("views.open", trigger_id=press.trigger, view=why_view(choice, seen))
        except _SOFT as error:
            _log.info("view_not_opened", error=str(error))

    async def _ask(self, workspace_id: UUID, pressed: tuple[Press, UUID], asked: Asked, question: Said) -> bool:
        """Put the question into the inbox once per answer and button; False when it was there."""
        press, task_id = pressed
        ask = NewAsk(
            f"{press.action}:{task_id}", asked.channel_id, asked.channel_type, asked.thread_ts, press.at,
            asked.user_id, question.text, question.files, asked.user_team, asked.ts,
        )  # fmt: skip
        async with self._db.unit(workspace_id) as unit:
            added = await unit.inbox.add(ask)
            if added and press.action == STRONGER:
                await stronger(unit, task_id)
            elif added:
                await said(unit, task_id, "regenerated")
        self._wake()
        return added is not None

    async def _question(self, workspace_id: UUID, asked: Asked) -> Said | None:
        """The words as they stand in Slack, without the mention, and the files; they are not kept here."""
        try:
            client = await self._clients.of(workspace_id)
            question = await _message(client, asked, asked.ts)
            about = ((question.get("metadata") or {}).get("event_payload") or {}).get("about")
            quote = str((await _message(client, asked, str(about))).get("text", "")) if about else ""
            me = await self._clients.bot_user(workspace_id)
        except _SOFT as error:
            _log.info("question_unread", error=str(error))
            return None
        text = clean(str(question.get("text", "")))
        if posted := asked_in(text) if question.get("user") == me else None:
            return Said(asking(html.unescape(posted[1]), shortened(clean(quote))), ())
        return Said(without_own_mention(text, me), files_of(question)) if question else None


async def _message(client: SlackClient, asked: Asked, ts: str) -> dict[str, Any]:
    """A message of the question's thread; empty when it is gone. Raises SlackRefused, SlackUnsure."""
    page = await client.call(
        "conversations.replies", channel=asked.channel_id, ts=asked.thread_ts, oldest=ts, latest=ts, inclusive=True,
        include_all_metadata=True, limit=10,
    )  # fmt: skip
    return next((one for one in page.get("messages", []) if one.get("ts") == ts), {})


def press_of(body: dict[str, Any]) -> Press:
    """The press in a delivery."""
    action = body["actions"][0]
    at = short_id(action.get("action_ts")) or ""
    return Press(str(action["action_id"]), str(action["value"]), str(body["user"]["id"]), at, str(body["trigger_id"]))


def _wished(text: str, tier: Tier | None) -> str:
    """A button may wish for a tier: in the words that wish for one at the start of an ask."""
    return f"tier {int(tier)}: {text}" if tier else text
