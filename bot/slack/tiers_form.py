"""`/lucy-costs tiers`: which tiers may answer, everywhere or in one channel; admins set it, everyone may look."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import ClassVar

from slack_bolt.async_app import AsyncRespond

from bot.db.audit import Change
from bot.db.database import Database
from bot.db.tier_bounds import EVERYWHERE, TierBound
from bot.slack.costs_words import Asker, NotUnderstood, say

_HOW = (
    "Say it like this: `/lucy-costs tiers ceiling 2`, `tiers floor 2 #channel`, `tiers off #channel`, or just `tiers`."
)
_SET = re.compile(
    r"tiers?\s+(?P<what>floor|ceiling|off)(?:\s+(?P<tier>[123]))?(?:\s+(?:<#(?P<channel>\w+)(?:\|[^>]*)?>|(?P<plain>#\S+)))?",
    re.IGNORECASE,
)


class TiersForm:
    """Shows and sets floors and ceilings; a channel's own count before the workspace's."""

    begins: ClassVar[frozenset[str]] = frozenset({"tier", "tiers"})
    help: ClassVar[tuple[str, ...]] = (
        "`/lucy-costs tiers` shows which tiers may answer; `tiers floor 2`, `tiers ceiling 2 #channel`, `tiers off #channel` set it",
    )

    def __init__(self, db: Database) -> None:
        self._db = db

    async def answer(self, respond: AsyncRespond, words: str, asker: Asker) -> None:
        """Show the bounds, or set them. Raises NotUnderstood, NotAllowed."""
        if words.lower() in self.begins:
            async with self._db.unit(asker.workspace_id) as unit:
                bounds = await unit.bounds.all()
            await say(respond, told(bounds))
            return
        found = _SET.fullmatch(words)
        if found is None or (found["what"].lower() == "off") == bool(found["tier"]):
            raise NotUnderstood(words, sentence=_HOW)
        if found["plain"]:
            raise NotUnderstood(words, sentence=f"I can't see a channel {found['plain']}. Pick it from Slack's list.")
        what, tier = found["what"].lower(), int(found["tier"] or 0)
        channel = found["channel"] or EVERYWHERE
        await say(
            respond, await self.change(asker, channel, f"tiers_{what}", lambda before: _changed(before, what, tier))
        )

    async def change(self, asker: Asker, channel: str, action: str, changed: Callable[[TierBound], TierBound]) -> str:
        """Write a channel's bound and its trail in one unit; what holds then, in words. Raises NotAllowed."""
        asker.must_be_admin()
        async with self._db.unit(asker.workspace_id) as unit:
            before = next(
                (b for b in await unit.bounds.all() if b.channel_id == channel), TierBound(channel, None, None)
            )
            after = changed(before)
            if after.floor or after.ceiling:
                await unit.bounds.put(after, asker.user_id)
            else:
                await unit.bounds.lift(channel)
            subject = f"tiers {channel}" if channel else "tiers"
            await unit.audit.record(Change(asker.user_id, action, subject, _plain(before), _plain(after)))
        return told([after])


def _changed(before: TierBound, what: str, tier: int) -> TierBound:
    """The bound with its new side; a floor above the ceiling moves it, and the other way round."""
    match what:
        case "floor":
            return TierBound(before.channel_id, tier, max(tier, before.ceiling) if before.ceiling else None)
        case "ceiling":
            return TierBound(before.channel_id, min(tier, before.floor) if before.floor else None, tier)
        case _:
            return TierBound(before.channel_id, None, None)


def _plain(bound: TierBound) -> dict[str, object]:
    return {"floor": bound.floor, "ceiling": bound.ceiling}


def told(bounds: Sequence[TierBound]) -> str:
    """Every bound, a line each."""
    return "\n".join(map(_line, bounds)) or "Every tier may answer: no floor and no ceiling is set."


def _line(bound: TierBound) -> str:
    where = f"<#{bound.channel_id}>" if bound.channel_id else "Everywhere"
    sides = [f"{name} tier {tier}" for name, tier in (("floor", bound.floor), ("ceiling", bound.ceiling)) if tier]
    return f"{where}: {', '.join(sides) or 'no floor and no ceiling'}"
