"""A part of an answer as Slack's chat.postMessage wants it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from bot.slack.guard import guard, guard_plain

EVENT_TYPE = "lucy_reply"
_FALLBACK_LIMIT = 3_900


def reply_message(
    text: str, key: str, under: Sequence[dict[str, Any]] = (), actions: Sequence[Mapping[str, str]] = ()
) -> dict[str, Any]:
    """Native Markdown, guarded, a plain fallback, our key in the metadata, then the buttons and what stands under it."""
    blocks: list[dict[str, Any]] = [{"type": "markdown", "text": guard(text)}]
    if actions:
        blocks.append(buttons(*(button(each["action"], each["label"], each["value"]) for each in actions)))
    return {**_message(fallback(text), key), "blocks": [*blocks, *under]}


def prefixed(message: dict[str, Any], words: str) -> dict[str, Any]:
    """The message with words before its own."""
    first, *more = message["blocks"]
    blocks = [{**first, "text": words + first["text"]}, *more]
    return {**message, "text": words + message["text"], "blocks": blocks} if words else message


def plain_text(text: str) -> dict[str, Any]:
    """Words without markup, as titles, labels and options want them."""
    return {"type": "plain_text", "text": text}


def buttons(*elements: dict[str, Any]) -> dict[str, Any]:
    """A row of buttons."""
    return {"type": "actions", "elements": list(elements)}


def button(action_id: str, label: str, value: str, style: str | None = None) -> dict[str, Any]:
    """One button; `style` is None, `primary` or `danger`."""
    more = {"style": style} if style else {}
    return {"type": "button", "action_id": action_id, "text": plain_text(label), "value": value, **more}


def plain_message(text: str, key: str) -> dict[str, Any]:
    """All the same words without any decoration: what is posted when Slack refuses the blocks."""
    return _message(guard_plain(text), key)


def _message(text: str, key: str) -> dict[str, Any]:
    return {
        "text": text,
        "metadata": {"event_type": EVENT_TYPE, "event_payload": {"key": key}},
    }


def part_key(task_id: UUID, part: int) -> str:
    """What tells one part of one answer from every other message."""
    return f"{task_id}:{part}"


def key_of(message: Mapping[str, Any]) -> str | None:
    """The part key of a message of ours; None for every other."""
    payload = (message.get("metadata") or {}).get("event_payload") or {}
    return payload.get("key")


def fallback(markdown: str) -> str:
    """Plain text for notifications and screen readers."""
    bare = re.sub(r"[*_~`#>|]+", "", markdown)
    flat = guard_plain(re.sub(r"[ \t]+", " ", bare).strip())
    return flat if len(flat) <= _FALLBACK_LIMIT else flat[: _FALLBACK_LIMIT - 1] + "…"
