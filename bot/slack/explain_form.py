"""`/lucy-costs explain ID`: the sum of one call, line by line; members are shown their own."""

from __future__ import annotations

from typing import ClassVar

from slack_bolt.async_app import AsyncRespond

from bot.costs.explain import as_text, explain
from bot.costs.references import NoSuchCall, hex_of
from bot.db.database import Database
from bot.slack.costs_words import Asker, say
from bot.slack.report_names import plain

_MOST_EXPLAINED = 6


class ExplainForm:
    """Explains each attempt that a reference names."""

    begins: ClassVar[frozenset[str]] = frozenset({"explain"})
    help: ClassVar[tuple[str, ...]] = (
        "`/lucy-costs explain 1a2b3c4d` shows one call's sum line by line, by its reference or id",
    )

    def __init__(self, db: Database) -> None:
        self._db = db

    async def answer(self, respond: AsyncRespond, words: str, asker: Asker) -> None:
        """Raises NoSuchCall."""
        reference = hex_of(words.lower().partition(" ")[2])
        only_user = None if asker.person.is_admin else asker.user_id
        async with self._db.unit(asker.workspace_id) as unit:
            rows = await unit.past.find(reference)
        seen = [row for row in rows if only_user in {None, row.user_id}]
        if not seen:
            raise NoSuchCall(reference)
        await say(respond, "\n".join(f"```{plain(as_text(explain(row)))}```" for row in seen[:_MOST_EXPLAINED]))
