"""`/lucy-costs guests`: admins say whether guests are answered."""

from __future__ import annotations

import re
from typing import ClassVar

from slack_bolt.async_app import AsyncRespond

from bot.db.audit import Change
from bot.db.database import Database
from bot.slack.costs_words import ADMINS_ONLY, Asker, NotUnderstood, say

_GUESTS = re.compile(r"guests\s+(on|off)", re.IGNORECASE)


class GuestForm:
    """Switches guests of a workspace on and off."""

    begins: ClassVar[frozenset[str]] = frozenset({"guests"})
    help: ClassVar[tuple[str, ...]] = ("`/lucy-costs guests on` · `off` lets guests ask me, or not",)

    def __init__(self, db: Database) -> None:
        self._db = db

    async def answer(self, respond: AsyncRespond, words: str, asker: Asker) -> None:
        """Raises NotUnderstood."""
        found = _GUESTS.fullmatch(words)
        if not found:
            raise NotUnderstood(words, sentence="Say it like this: `/lucy-costs guests off`.")
        on = found[1].lower() == "on"
        await say(respond, await self._switch(asker, on=on) if asker.person.is_admin else ADMINS_ONLY)

    async def _switch(self, asker: Asker, *, on: bool) -> str:
        async with self._db.unit(asker.workspace_id) as unit:
            before = await unit.workspaces.answers_guests()
            await unit.workspaces.answer_guests(on=on)
            await unit.audit.record(Change(asker.user_id, "guests.set", "guests", {"on": before}, {"on": on}))
        return (
            "I answer guests too." if on else "I answer members only from now on; guests are told so, and nobody else."
        )
