"""`/lucy-costs digest`: admins say where and when the digest is posted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time
from typing import ClassVar

from slack_bolt.async_app import AsyncRespond

from bot.costs.periods import zone_of
from bot.db.database import Database
from bot.slack.costs_words import ADMINS_ONLY, Asker, NotUnderstood, say

_DIGEST = re.compile(r"digest\s+(?:<#(\w+)(?:\|[^>]*)?>|(#\S+))\s+(\d{1,2}):(\d{2})\s+(\S+)", re.IGNORECASE)
_HOW = "Say it like this: `/lucy-costs digest #finance 09:00 Europe/Berlin`, or `digest off`."


@dataclass(frozen=True, slots=True)
class SetDigest:
    """Post the digest there and then. `channel` is an id."""

    channel: str
    at: time
    zone: str


@dataclass(frozen=True, slots=True)
class DigestOff:
    """Post no digest."""


def understand(words: str) -> SetDigest | DigestOff:
    """What is wanted. Raises NotUnderstood, UnknownZone."""
    if words.lower() == "digest off":
        return DigestOff()
    found = _DIGEST.fullmatch(words)
    if not found:
        raise NotUnderstood(words, sentence=_HOW)
    channel, plain, hour, minute, zone = found.groups()
    if plain:
        raise NotUnderstood(
            words, sentence=f"I can't see a channel {plain}. Pick it from Slack's list so that I get its id."
        )
    if int(hour) > 23 or int(minute) > 59:
        raise NotUnderstood(words, sentence=f"{hour}:{minute} is no time of day.")
    zone_of(zone)
    return SetDigest(channel, time(int(hour), int(minute)), zone)


class DigestForm:
    """Sets and ends the digest."""

    begins: ClassVar[frozenset[str]] = frozenset({"digest"})
    help: ClassVar[tuple[str, ...]] = (
        "`/lucy-costs digest #finance 09:00 Europe/Berlin` posts yesterday's spend each morning; `digest off` ends it",
    )

    def __init__(self, db: Database) -> None:
        self._db = db

    async def answer(self, respond: AsyncRespond, words: str, asker: Asker) -> None:
        """Raises NotUnderstood, UnknownZone."""
        wanted = understand(words)
        await say(respond, await self._set(wanted, asker) if asker.person.is_admin else ADMINS_ONLY)

    async def _set(self, wanted: SetDigest | DigestOff, asker: Asker) -> str:
        async with self._db.unit(asker.workspace_id) as unit:
            if isinstance(wanted, DigestOff):
                await unit.digests.stop()
                return "No digest from now on."
            await unit.digests.want(wanted.channel, wanted.at, wanted.zone, asker.user_id)
        return f"I'll post yesterday's spend to <#{wanted.channel}> every day at {wanted.at:%H:%M} ({wanted.zone})."
