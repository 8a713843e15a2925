"""*Ask Lucy about this*: a message's shortcut opens a modal, and what is asked there becomes an ask in the message's thread."""

from __future__ import annotations

import asyncio
import html
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from slack_bolt.async_app import AsyncRespond

from bot import log
from bot.db.inbox import NewAsk
from bot.errors import DatabaseAway
from bot.slack.blocks import plain_text
from bot.slack.client import SlackClient, SlackRefused, SlackUnsure
from bot.slack.events import clean, short_id
from bot.slack.guard import guard_plain
from bot.slack.home.fields import field, text_field
from bot.slack.installations import Clients, NotInstalled
from bot.slack.manners import whisper

_log = log.get(__name__)
ASK_ABOUT, QUESTION = "lucy_ask_about", "question"
ASKED_EVENT = "lucy_question"
DEFAULT = "Explain this"

_POST_WITHIN_S, _STORE_WITHIN_S, _LINK_WITHIN_S = 1.4, 0.8, 0.4
"""Slack waits three seconds for an answer to a modal."""
_MOST_QUESTION, _MOST_QUOTE, _MOST_METADATA = 3000, 1200, 3000

TOO_LATE = "That took too long. Please pick the shortcut again."
NOT_HERE = "I'm not in this conversation, so I can't answer here. Invite me (/invite @Lucy), then ask again."
NOT_NOW = "I couldn't take that just now. Please try again in a moment."
_ABSENT = frozenset({"not_in_channel", "channel_not_found", "is_archived", "restricted_action", "thread_not_found"})
_ASKED = re.compile(r"<@(?P<user>\w+)> asks about (?:this message|<[^>]*>): (?P<words>.*)", re.DOTALL)

Store = Callable[[UUID, NewAsk], Awaitable[bool]]
Block = dict[str, Any]


@dataclass(frozen=True, slots=True)
class About:
    """The message that is asked about: where it stands, and how it begins (in Slack's markup)."""

    channel_id: str
    ts: str
    thread_ts: str
    quote: str


class AskAbout:
    """The question is posted in the thread, so that everyone there sees what Lucy answers, and stored before Slack is answered."""

    def __init__(self, clients: Clients, store: Store) -> None:
        self._clients, self._store = clients, store

    async def open(self, respond: AsyncRespond, body: dict[str, Any], workspace_id: UUID) -> None:
        """Show the modal; Slack lets us for three seconds."""
        try:
            client = await self._clients.of(workspace_id)
            await client.try_once("views.open", trigger_id=str(body["trigger_id"]), view=ask_view(about_of(body)))
        except (SlackRefused, SlackUnsure, NotInstalled) as error:
            _log.info("view_not_opened", error=str(error))
            await whisper(respond, TOO_LATE)

    async def submit(self, body: dict[str, Any], workspace_id: UUID) -> str | None:
        """Post the question and store the ask; None when it is stored, else the sentence that the modal shows."""
        view, user = body["view"], body["user"]
        about = About(**json.loads(view["private_metadata"]))
        words = clean(str(view["state"]["values"][QUESTION][QUESTION].get("value") or "")).strip() or DEFAULT
        try:
            client = await self._clients.of(workspace_id)
            async with asyncio.timeout(_POST_WITHIN_S):
                ts = await self._post(client, about, str(user["id"]), words)
            ask = NewAsk(
                f"about:{view['id']}", about.channel_id, "im" if about.channel_id.startswith("D") else "channel",
                about.thread_ts, ts, str(user["id"]), asking(words, about.quote), user_team=short_id(user.get("team_id")),
            )  # fmt: skip
            async with asyncio.timeout(_STORE_WITHIN_S):
                stored = await self._store(workspace_id, ask)
        except SlackRefused as refused:
            _log.info("not_asked", error=refused.code)
            return NOT_HERE if refused.code in _ABSENT else NOT_NOW
        except (SlackUnsure, NotInstalled, DatabaseAway, TimeoutError) as error:
            _log.warning("not_asked", error=type(error).__name__)
            return NOT_NOW
        return None if stored else NOT_NOW

    async def _post(self, client: SlackClient, about: About, user: str, words: str) -> str:
        """The question as people see it in the thread; its ts. Raises SlackRefused, SlackUnsure."""
        link = await _link(client, about) if about.ts != about.thread_ts else None
        what = f"<{link}|this message>" if link else "this message"
        posted = await client.try_once(
            "chat.postMessage", channel=about.channel_id, thread_ts=about.thread_ts,
            text=f"<@{user}> asks about {what}: {guard_plain(words)}",
            metadata={"event_type": ASKED_EVENT, "event_payload": {"about": about.ts}},
        )  # fmt: skip
        return str(posted["ts"])


def about_of(body: dict[str, Any]) -> About:
    """The message whose menu was opened."""
    message = body["message"]
    ts = str(message["ts"])
    text = clean(str(message.get("text") or ""))
    return About(str(body["channel"]["id"]), ts, str(message.get("thread_ts") or ts), shortened(text))


def ask_view(about: About) -> dict[str, Any]:
    """The modal: the message quoted, and a question that can be sent as it is."""
    quoted = "\n".join(f"> {line}" for line in (about.quote or "_a message without words_").splitlines())
    asked = {**text_field(DEFAULT), "multiline": True, "max_length": _MOST_QUESTION}
    hint = "It is posted in the message's thread, and I answer there."
    question = field(QUESTION, "Your question", asked, hint=hint)
    kept = {name: getattr(about, name) for name in About.__slots__}
    told = json.dumps(kept, ensure_ascii=False)
    return {
        "type": "modal",
        "callback_id": ASK_ABOUT,
        "title": plain_text("Ask Lucy about this"),
        "submit": plain_text("Ask"),
        "close": plain_text("Cancel"),
        "private_metadata": told if len(told) <= _MOST_METADATA else json.dumps({**kept, "quote": ""}),
        "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": quoted[:_MOST_QUESTION]}}, question],
    }


def asking(words: str, quote: str) -> str:
    """The ask in Slack's markup: somebody's own words first, then what they are about, quoted."""
    quoted = "\n".join(f"&gt; {line}" for line in quote.splitlines())
    return html.escape(words, quote=False) + (f"\n\n{quoted}" if quoted else "")


def asked_in(text: str) -> tuple[str, str] | None:
    """Who asked what, of a question that Lucy posted for somebody; None for anything else she said."""
    found = _ASKED.fullmatch(text)
    return (found["user"], found["words"]) if found else None


def shortened(text: str) -> str:
    """So much of a message as is quoted."""
    return text if len(text) <= _MOST_QUOTE else f"{text[: _MOST_QUOTE - 1]}…"


async def _link(client: SlackClient, about: About) -> str | None:
    try:
        async with asyncio.timeout(_LINK_WITHIN_S):
            found = await client.try_once("chat.getPermalink", channel=about.channel_id, message_ts=about.ts)
    except (SlackRefused, SlackUnsure, TimeoutError):
        return None
    return str(found["permalink"])
