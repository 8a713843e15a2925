"""What people say in a channel's thread without naming Lucy: perhaps a follow-up to her answer. Pure: a payload in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from bot.slack.events import Incoming, read

_SAID = (None, "file_share", "thread_broadcast")
_NAMES = re.compile(r"<(?:@|!subteam\^|!here|!channel|!everyone)")
_COURTESY = re.compile(
    r"(?:(?:ok(?:ay)?|great|perfect|cool|nice)[\s,.!]*)?"
    r"(?:(?:thanks?|thank you|thx|ty|cheers|merci|danke|gracias|谢谢|ありがとう)(?: (?:a lot|so much|very much|lucy))*)?"
    r"(?:\s|[.,!]|:[\w+-]+:|[\u2190-\u2bff\ufe0f\u200d\U0001f000-\U0001faff])*",
    re.IGNORECASE,
)
_BARE = re.compile(r"ok(?:ay)?|great|perfect|cool|nice", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Overheard:
    """A message in a thread as if it were an ask, and whether it may be one: a person's own words that name nobody."""

    found: Incoming
    open: bool


def overheard(body: Any) -> Overheard | None:
    """A reply in a thread of a channel, or None for all else: posts outside threads, edits, thanks, her own words."""
    event = body.get("event") if isinstance(body, dict) else None
    if not isinstance(event, dict) or event.get("type") != "message" or event.get("channel_type") == "im":
        return None
    subtype = event.get("subtype")
    if subtype not in (*_SAID, "bot_message"):
        return None
    found = read(body, event)
    if found is None or found.ask.thread_ts == found.ask.ts or found.ask.user_id == found.bot_user:
        return None
    text, by_bot = found.ask.text, bool(event.get("bot_id")) or subtype == "bot_message"
    if not by_bot and courtesy(text):
        return None
    return Overheard(found, not by_bot and not _NAMES.search(text))


def courtesy(text: str) -> bool:
    """Thanks, an emoji, nothing: neither a question nor a word that takes the talk elsewhere. A bare "ok" may say yes."""
    return bool(_COURTESY.fullmatch(text)) and not _BARE.fullmatch(text.strip(" .!,"))
