"""What someone typed after `/lucy-costs`, understood. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time

from bot.costs.periods import zone_of
from bot.costs.references import hex_of
from bot.costs.reports import DIMENSIONS
from bot.errors import LucyError

HELP = (
    "*`/lucy-costs`* shows what Lucy spent.\n"
    "• `/lucy-costs today` · `yesterday` · `week` · `month` · `2026-11-01..2026-11-15`\n"
    "• `/lucy-costs month by model` · `tier` · `user` · `channel` · `purpose`\n"
    "• `/lucy-costs digest #finance 09:00 Europe/Berlin` posts yesterday's spend each morning; `digest off` ends it\n"
    "• `/lucy-costs explain 1a2b3c4d` shows one call's sum line by line, by its reference or id\n"
    "• `/lucy-costs help` shows this"
)

_DIGEST = re.compile(r"digest\s+(?:<#(\w+)(?:\|[^>]*)?>|(#\S+))\s+(\d{1,2}):(\d{2})\s+(\S+)", re.IGNORECASE)
_SHOW = re.compile(r"(?P<period>\S+)?(?:\s*\bby\s+(?P<by>\w+))?", re.IGNORECASE)


class NotUnderstood(LucyError):
    """Not a form of the command."""

    sentence = f"I didn't understand that.\n{HELP}"


@dataclass(frozen=True, slots=True)
class Show:
    """Show a period, perhaps broken down."""

    period: str
    by: str | None


@dataclass(frozen=True, slots=True)
class SetDigest:
    """Post the digest there and then. `channel` is an id."""

    channel: str
    at: time
    zone: str


@dataclass(frozen=True, slots=True)
class DigestOff:
    """Post no digest."""


@dataclass(frozen=True, slots=True)
class Help:
    """Show the forms."""


@dataclass(frozen=True, slots=True)
class Explain:
    """Show the sum of one call, by lower-case hex digits."""

    reference: str


Wanted = Show | SetDigest | DigestOff | Explain | Help


def understand(words: str) -> Wanted:
    """What is wanted. Raises NotUnderstood, UnknownZone, NoSuchCall."""
    text = " ".join(words.split())
    lower = text.lower()
    if lower == "help":
        return Help()
    if lower == "digest off":
        return DigestOff()
    first, _, rest = lower.partition(" ")
    if first == "explain":
        return Explain(hex_of(rest))
    if lower.startswith("digest"):
        return _digest(text)
    found = _SHOW.fullmatch(lower)
    if lower.startswith("by "):
        found = _SHOW.fullmatch(f"today {lower}")
    if not found or (found["by"] and found["by"] not in DIMENSIONS):
        raise NotUnderstood(text)
    return Show(found["period"] or "today", found["by"])


def _digest(text: str) -> SetDigest:
    found = _DIGEST.fullmatch(text)
    if not found:
        raise NotUnderstood(
            text,
            sentence="Say it like this: `/lucy-costs digest #finance 09:00 Europe/Berlin`, or `digest off`.",
        )
    channel, plain, hour, minute, zone = found.groups()
    if plain:
        raise NotUnderstood(
            text, sentence=f"I can't see a channel {plain}. Pick it from Slack's list so that I get its id."
        )
    if int(hour) > 23 or int(minute) > 59:
        raise NotUnderstood(text, sentence=f"{hour}:{minute} is no time of day.")
    zone_of(zone)
    return SetDigest(channel, time(int(hour), int(minute)), zone)
