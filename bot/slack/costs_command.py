"""`/lucy-costs`: acknowledged at once, answered only to the asker."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from slack_bolt.async_app import AsyncRespond

from bot.errors import LucyError
from bot.slack.costs_words import Asker, Form, say
from bot.slack.people import People

_TITLE = "*`/lucy-costs`* shows what Lucy spent."
_HELP = "`/lucy-costs help` shows this"


class CostsCommand:
    """Finds the form by the first word, and tells what went wrong; `spend` answers all that no other form begins."""

    def __init__(self, people: People, spend: Form, *others: Form) -> None:
        self._people, self._spend, self._forms = people, spend, (spend, *others)

    async def answer(self, respond: AsyncRespond, command: dict[str, Any], workspace_id: UUID) -> None:
        """Answer one command of one person."""
        words = " ".join(str(command.get("text", "")).split())
        if words.lower() == "help":
            await say(respond, self._help())
            return
        user_id, channel_id = str(command.get("user_id", "")), str(command.get("channel_id", ""))
        person = await self._people.find(workspace_id, user_id)
        try:
            await self._form(words).answer(respond, words, Asker(workspace_id, user_id, channel_id, person))
        except LucyError as error:
            await say(respond, error.sentence)

    def _form(self, words: str) -> Form:
        first = words.partition(" ")[0].lower()
        return next((form for form in self._forms if first in form.begins), self._spend)

    def _help(self) -> str:
        lines = [line for form in self._forms for line in form.help]
        return "\n".join([_TITLE, *(f"• {line}" for line in [*lines, _HELP])])
