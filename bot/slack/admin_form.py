"""`/lucy-costs admins`: Slack's admins and owners name others who may set budgets and digests."""

from __future__ import annotations

import re
from typing import ClassVar

from slack_bolt.async_app import AsyncRespond

from bot.db.audit import Change
from bot.db.database import Database
from bot.slack.costs_words import Asker, NotUnderstood, say
from bot.slack.people import People

_WISH = re.compile(r"admins(?:\s+(add|remove)\s+<@(\w+)(?:\|[^>]*)?>)?", re.IGNORECASE)
_HOW = "Say it like this: `/lucy-costs admins`, `admins add @ada`, `admins remove @ada`. Pick the person from Slack's list."
_NOT_YOU = "Only Slack's own admins and owners can name others."


class AdminForm:
    """Shows, names and dismisses admins; whom somebody named can't name others."""

    begins: ClassVar[frozenset[str]] = frozenset({"admins"})
    help: ClassVar[tuple[str, ...]] = (
        "`/lucy-costs admins` shows who may set budgets and digests besides Slack's admins; `admins add @ada` · `admins remove @ada`",
    )

    def __init__(self, db: Database, people: People) -> None:
        self._db, self._people = db, people

    async def answer(self, respond: AsyncRespond, words: str, asker: Asker) -> None:
        """Raises NotUnderstood."""
        found = _WISH.fullmatch(words)
        if not found:
            raise NotUnderstood(words, sentence=_HOW)
        verb, user_id = (found[1] or "").lower(), found[2] or ""
        if not verb:
            await say(respond, await self._shown(asker))
        elif not asker.person.is_admin or asker.person.named:
            await say(respond, _NOT_YOU)
        elif verb == "add":
            await say(respond, await self._add(user_id, asker))
        else:
            await say(respond, await self._remove(user_id, asker))

    async def _add(self, user_id: str, asker: Asker) -> str:
        person = await self._people.find(asker.workspace_id, user_id, fresh=True)
        if person.is_admin:
            return f"<@{user_id}> may do that already."
        if not person.is_member:
            return f"<@{user_id}> is a guest, a bot or unknown to me here: only members can be named."
        async with self._db.unit(asker.workspace_id) as unit:
            await unit.admins.name(user_id, asker.user_id)
            await unit.audit.record(Change(asker.user_id, "admins.add", user_id, None, {"named_by": asker.user_id}))
        return f"<@{user_id}> may set budgets, digests and dials now, and sees what everyone spent."

    async def _remove(self, user_id: str, asker: Asker) -> str:
        async with self._db.unit(asker.workspace_id) as unit:
            named_by = (await unit.admins.named()).get(user_id)
            if named_by is None or not await unit.admins.dismiss(user_id):
                return f"Nobody named <@{user_id}>; whom Slack made an admin stays one."
            await unit.audit.record(Change(asker.user_id, "admins.remove", user_id, {"named_by": named_by}, None))
        return f"<@{user_id}> is no admin of mine any more."

    async def _shown(self, asker: Asker) -> str:
        async with self._db.unit(asker.workspace_id) as unit:
            named = await unit.admins.named()
        if not named:
            return "Slack's admins and owners, and nobody else so far. They can name others: `/lucy-costs admins add @ada`."
        lines = [f"• <@{user_id}>, named by <@{by}>" for user_id, by in named.items()]
        return "\n".join(["Slack's admins and owners, and:", *lines])
