"""`/lucy-costs footer`: admins say whether a line under each answer tells what it cost."""

from __future__ import annotations

import re
from typing import ClassVar

from slack_bolt.async_app import AsyncRespond

from bot.db.audit import Change
from bot.db.database import Database
from bot.slack.costs_words import Asker, NotUnderstood, say

_FOOTER = re.compile(r"footer\s+(on|off)", re.IGNORECASE)


class FooterForm:
    """Switches the footer of a workspace."""

    begins: ClassVar[frozenset[str]] = frozenset({"footer"})
    help: ClassVar[tuple[str, ...]] = (
        "`/lucy-costs footer on` · `off` shows or hides model, tier, cost and time under each answer",
    )

    def __init__(self, db: Database) -> None:
        self._db = db

    async def answer(self, respond: AsyncRespond, words: str, asker: Asker) -> None:
        """Raises NotUnderstood, NotAllowed."""
        found = _FOOTER.fullmatch(words)
        if not found:
            raise NotUnderstood(words, sentence="Say it like this: `/lucy-costs footer off`.")
        await say(respond, await self.switch(asker, on=found[1].lower() == "on"))

    async def switch(self, asker: Asker, *, on: bool) -> str:
        """Show the line or hide it; what holds then, in words. Raises NotAllowed."""
        asker.must_be_admin()
        async with self._db.unit(asker.workspace_id) as unit:
            before = await unit.workspaces.shows_footer()
            await unit.workspaces.show_footer(on=on)
            await unit.audit.record(Change(asker.user_id, "footer.set", "footer", {"on": before}, {"on": on}))
        return "Under each answer stands what it cost." if on else "Answers come without their cost from now on."
