"""`/lucy-costs zone`: admins say whose days and months are meant."""

from __future__ import annotations

from typing import ClassVar

from slack_bolt.async_app import AsyncRespond

from bot.costs.budgets import live_in
from bot.costs.periods import UnknownZone, zone_of
from bot.db.database import Database
from bot.slack.costs_words import Asker, say


class ZoneForm:
    """Sets the workspace's zone."""

    begins: ClassVar[frozenset[str]] = frozenset({"zone"})
    help: ClassVar[tuple[str, ...]] = ("`/lucy-costs zone Europe/Berlin` says whose days and months are meant",)

    def __init__(self, db: Database) -> None:
        self._db = db

    async def answer(self, respond: AsyncRespond, words: str, asker: Asker) -> None:
        """Raises UnknownZone, NotAllowed."""
        zone = zone_of(words.partition(" ")[2]).key
        asker.must_be_admin()
        await say(respond, await self._set(zone, asker))

    async def _set(self, zone: str, asker: Asker) -> str:
        async with self._db.unit(asker.workspace_id) as unit:
            known = await live_in(unit, zone, asker.user_id)
        if not known:
            raise UnknownZone(zone)
        return f"Days and months begin at midnight in {zone} now, for reports and for budgets."
