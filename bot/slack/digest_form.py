"""`/lucy-costs digest`: admins say where and when digests are posted, and what they tell."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time
from typing import ClassVar, assert_never

from slack_bolt.async_app import AsyncRespond

from bot.costs.periods import zone_of
from bot.db.database import Database
from bot.db.digests import DigestSetting, Kind, Quiet
from bot.db.unit import Unit
from bot.slack.costs_words import Asker, NotUnderstood, say

_KINDS = {kind.value: kind for kind in Kind}
_SET = re.compile(r"(?:<#(\w+)(?:\|[^>]*)?>|(#\S+))\s+(\d{1,2}):(\d{2})\s+(\S+)", re.IGNORECASE)
_SWITCH = re.compile(r"(people|quiet)\s+(\w+)", re.IGNORECASE)
_HOW = (
    "Say it like this: `/lucy-costs digest #finance 09:00 Europe/Berlin`, with `weekly` or `monthly` before the channel "
    "for those; `digest off` or `digest weekly off`; `digest people off`; `digest quiet silent`."
)
WHEN = {
    Kind.DAILY: "yesterday's spend every day",
    Kind.WEEKLY: "last week's spend every Monday",
    Kind.MONTHLY: "last month's spend every 1st",
}
_NONE_YET = "There is no digest yet. " + _HOW


@dataclass(frozen=True, slots=True)
class SetDigest:
    """Post the digest there and then. `channel` is an id."""

    kind: Kind
    channel: str
    at: time
    zone: str


@dataclass(frozen=True, slots=True)
class DigestOff:
    """Post no digest of a kind, or none at all."""

    kind: Kind | None = None


@dataclass(frozen=True, slots=True)
class ShowPeople:
    """Name people in digests, or only count them."""

    named: bool


@dataclass(frozen=True, slots=True)
class QuietDays:
    """What is posted when nothing was spent."""

    quiet: Quiet


@dataclass(frozen=True, slots=True)
class ShowDigests:
    """Say which digests are set."""


DigestWish = SetDigest | DigestOff | ShowPeople | QuietDays | ShowDigests


def understand(words: str) -> DigestWish:
    """What is wanted. Raises NotUnderstood, UnknownZone."""
    rest = words.partition(" ")[2].strip()
    first, _, after = rest.partition(" ")
    kind = _KINDS.get(first.lower())
    wish = after.strip() if kind else rest
    if not rest:
        return ShowDigests()
    if wish.lower() == "off":
        return DigestOff(kind)
    switch = _SWITCH.fullmatch(rest)
    return _switch(switch[1].lower(), switch[2].lower(), words) if switch else _set(kind or Kind.DAILY, wish)


def _switch(which: str, to: str, words: str) -> DigestWish:
    if which == "people" and to in {"on", "off"}:
        return ShowPeople(to == "on")
    if which == "quiet" and to in set(Quiet):
        return QuietDays(Quiet(to))
    raise NotUnderstood(words, sentence=_HOW)


def _set(kind: Kind, words: str) -> SetDigest:
    found = _SET.fullmatch(words)
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
    return SetDigest(kind, channel, time(int(hour), int(minute)), zone)


class DigestForm:
    """Sets and ends digests."""

    begins: ClassVar[frozenset[str]] = frozenset({"digest"})
    help: ClassVar[tuple[str, ...]] = (
        "`/lucy-costs digest #finance 09:00 Europe/Berlin` posts yesterday's spend each morning; `digest off` ends it",
        "`/lucy-costs digest weekly|monthly #finance 09:00 Europe/Berlin` does so on Mondays or on the 1st; `digest weekly off`",
        "`/lucy-costs digest people off|on` counts people instead of naming them; `digest quiet silent|line` for days without calls",
    )

    def __init__(self, db: Database) -> None:
        self._db = db

    async def answer(self, respond: AsyncRespond, words: str, asker: Asker) -> None:
        """Raises NotUnderstood, UnknownZone, NotAllowed."""
        await say(respond, await self.change(asker, understand(words)))

    async def change(self, asker: Asker, *wanted: DigestWish) -> str:
        """Do all of it, or say how it is; in words. Raises NotAllowed."""
        asker.must_be_admin()
        async with self._db.unit(asker.workspace_id) as unit:
            told = [await _done(unit, each, asker.user_id) for each in wanted]
            if any(isinstance(each, SetDigest | DigestOff) for each in wanted):
                await unit.budgets.recount()  # a digest's zone is the workspace's where no other was set
        return " ".join(told)


async def _done(unit: Unit, wanted: DigestWish, user_id: str) -> str:
    """Do it; the sentence that says so."""
    match wanted:
        case SetDigest(kind, channel, at, zone):
            await unit.digests.want(kind, channel, at, zone, user_id)
            return f"I'll post {WHEN[kind]} to <#{channel}> at {at:%H:%M} ({zone})."
        case DigestOff(kind):
            await unit.digests.stop(kind)
            return f"No {kind} digest from now on." if kind else "No digest from now on."
        case ShowPeople(named):
            known = await unit.digests.show(people=named)
            said = "Digests name people." if named else "Digests count people and name nobody."
            return said if known else _NONE_YET
        case QuietDays(quiet):
            known = await unit.digests.show(quiet=quiet)
            said = "Nothing is posted" if quiet is Quiet.SILENT else "One line is posted"
            return f"{said} when nothing was spent." if known else _NONE_YET
        case ShowDigests():
            settings = {setting.kind: posted(setting) for setting in await unit.digests.settings()}
            return "\n".join(settings[kind] for kind in Kind if kind in settings) or _NONE_YET
        case _:
            assert_never(wanted)


def posted(setting: DigestSetting) -> str:
    """What is posted, where and when."""
    people = "people are named" if setting.people else "people are counted"
    return f"I post {WHEN[setting.kind]} to <#{setting.channel_id}> at {setting.at:%H:%M} ({setting.zone}); {people}."
