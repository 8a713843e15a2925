"""Which of Slack's events change the words of a message. Pure: a payload in, the new words out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.db.file_refs import FileRef
from bot.slack.events import clean, short_id
from bot.slack.hanging import files_of


@dataclass(frozen=True, slots=True)
class Edit:
    """The message `ts` says something else now; `files` still hang on it."""

    channel_id: str
    ts: str
    text: str
    files: tuple[FileRef, ...] = ()


def edited(body: Any) -> Edit | None:
    """The edit in a delivery, if its author made one: an unfurled link, too, is a change to Slack, but of no word."""
    event = body.get("event") if isinstance(body, dict) else None
    if not isinstance(event, dict) or (event.get("type"), event.get("subtype")) != ("message", "message_changed"):
        return None
    now, before = event.get("message"), event.get("previous_message")
    if not isinstance(now, dict) or not isinstance(now.get("text"), str) or not now.get("edited"):
        return None
    if isinstance(before, dict) and before.get("text") == now["text"]:
        return None
    channel, ts = short_id(event.get("channel")), short_id(now.get("ts"))
    return Edit(channel, ts, clean(now["text"]), files_of(now)) if channel and ts else None
