"""Which of Slack's events end an ask that is waiting or in work. Pure: a payload in, what to stop out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.slack.events import short_id


@dataclass(frozen=True, slots=True)
class Halt:
    """`by` someone who pressed Stop in the thread `ts`; by None when the message `ts` was deleted."""

    channel_id: str
    ts: str
    by: str | None


def halting(body: Any) -> Halt | None:
    """The halt in a delivery, if it is one."""
    event = body.get("event") if isinstance(body, dict) else None
    if not isinstance(event, dict) or not (channel := short_id(event.get("channel"))):
        return None
    if event.get("type") == "agent_session_stopped":
        ts, by = short_id(event.get("thread_ts")), short_id(event.get("user"))
        return Halt(channel, ts, by) if ts and by else None
    ts = short_id(_deleted(event))
    return Halt(channel, ts, None) if ts else None


def _deleted(event: dict[str, Any]) -> object:
    """The ts of a message that its author took away; one with replies leaves a tombstone."""
    if event.get("type") != "message":
        return None
    if event.get("subtype") == "message_deleted":
        return event.get("deleted_ts")
    message = event.get("message")
    left = isinstance(message, dict) and message.get("subtype") == "tombstone"
    return message.get("ts") if left and isinstance(message, dict) else None
