"""What people take back: a message that was changed or deleted. Pure: a payload in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.slack.events import short_id

_GONE = ("message_changed", "message_deleted")


@dataclass(frozen=True, slots=True)
class Retraction:
    """A message of a thread, perhaps its root, that no longer says what it said."""

    channel_id: str
    thread_ts: str
    ts: str


def retracted(body: Any) -> Retraction | None:
    """The retraction in a delivery; a link that Slack unfurled later changes no words, and what apps rewrite was no person's."""
    event = body.get("event") if isinstance(body, dict) else None
    if not isinstance(event, dict) or event.get("type") != "message" or event.get("subtype") not in _GONE:
        return None
    was, now = _message(event.get("previous_message")), _message(event.get("message"))
    same = bool(was and now) and all(was.get(name) == now.get(name) for name in ("text", "subtype"))
    if same or now.get("bot_id"):
        return None
    channel, ts = short_id(event.get("channel")), short_id(event.get("deleted_ts") or now.get("ts"))
    thread = short_id(was.get("thread_ts") or now.get("thread_ts")) or ts
    return Retraction(channel, thread, ts) if channel and ts and thread else None


def _message(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
