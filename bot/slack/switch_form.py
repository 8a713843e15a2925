"""`/lucy-costs follow-ups`, `keep-context`: admins say when Lucy answers unnamed, and whether she keeps what was said for a day."""

from __future__ import annotations

import re
from typing import ClassVar
from uuid import UUID

from slack_bolt.async_app import AsyncRespond

from bot.db.audit import Change
from bot.db.database import Database
from bot.db.switches import Switch
from bot.slack.costs_words import ADMINS_ONLY, Asker, NotUnderstood, say

_WISH = re.compile(r"(follow-?ups|keep-?context)\s+(on|off)", re.IGNORECASE)
SAID: dict[tuple[Switch, bool], str] = {
    ("follow_ups", True): "In threads where I answered, whoever asked me can go on without mentioning me.",
    ("follow_ups", False): "I answer in channels only when I am mentioned.",
    (
        "keeps_context",
        True,
    ): "What I am asked and what I answer is kept, encrypted, for 24 hours, for threads that Slack doesn't let me read.",
    ("keeps_context", False): "I keep nothing of what was said once it is answered; what I had kept is gone.",
}
"""What is told of a switch that was turned."""


class SwitchForm:
    """Turns the switches of a workspace."""

    begins: ClassVar[frozenset[str]] = frozenset({"follow-ups", "followups", "keep-context", "keepcontext"})
    help: ClassVar[tuple[str, ...]] = (
        "`/lucy-costs follow-ups on` · `off` lets me answer in my threads without a mention, or not",
        "`/lucy-costs keep-context on` · `off` keeps questions and answers encrypted for a day, where Slack limits reading threads",
    )

    def __init__(self, db: Database) -> None:
        self._db = db

    async def answer(self, respond: AsyncRespond, words: str, asker: Asker) -> None:
        """Raises NotUnderstood."""
        found = _WISH.fullmatch(words)
        if not found:
            raise NotUnderstood(words, sentence="Say it like this: `/lucy-costs follow-ups off`, `keep-context on`.")
        if not asker.person.is_admin:
            await say(respond, ADMINS_ONLY)
            return
        switch: Switch = "follow_ups" if found[1].lower().startswith("f") else "keeps_context"
        on = found[2].lower() == "on"
        await turn(self._db, asker.workspace_id, asker.user_id, switch, on=on)
        await say(respond, SAID[switch, on])


async def turn(db: Database, workspace_id: UUID, by: str, switch: Switch, *, on: bool) -> None:
    """Turn a switch of a workspace, and write down who did; whether `by` may is the caller's to ask."""
    async with db.unit(workspace_id) as unit:
        before = await unit.switches.read()
        await unit.switches.turn(switch, on=on)
        if switch == "keeps_context" and not on:
            await unit.kept.wipe()
        stood = {"on": getattr(before, switch)} if before else None
        await unit.audit.record(Change(by, f"{switch}.set", switch, stood, {"on": on}))
