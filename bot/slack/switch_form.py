"""`/lucy-costs footer`, `follow-ups`, `guests`, `keep-context`: what admins switch on and off, here and in the Home."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from slack_bolt.async_app import AsyncRespond

from bot.db.audit import Change
from bot.db.database import Database
from bot.db.switches import Switch
from bot.slack.costs_words import Asker, NotUnderstood, say


@dataclass(frozen=True, slots=True)
class Described:
    """A switch in words: how it is typed, its title, what holds when it is on and when it is off."""

    switch: Switch
    typed: str
    title: str
    on: str
    off: str


SWITCHES = (
    Described(
        "footer", "footer", "The line under each answer",
        "Model, tier, cost and time stand under each answer.",
        "Answers come without model, tier, cost and time.",
    ),
    Described(
        "follow_ups", "follow-ups", "Follow-ups without a mention",
        "In threads where I answered, whoever asked me can go on without mentioning me.",
        "I answer in channels only when I am mentioned.",
    ),
    Described(
        "guests", "guests", "Guests",
        "I answer guests too.",
        "I answer members only; guests are told so, and nobody else.",
    ),
    Described(
        "keeps_context", "keep-context", "Memory of threads that Slack doesn't let me read",
        "What I am asked and what I answer is kept, encrypted, for 24 hours, for threads that Slack doesn't let me read.",
        "I keep nothing of what was said once it is answered.",
    ),
)  # fmt: skip
"""In the order of the Home."""

_TYPED = {one.typed: one for one in SWITCHES}


class SwitchForm:
    """Turns the switches of a workspace."""

    begins: ClassVar[frozenset[str]] = frozenset(_TYPED)
    help: ClassVar[tuple[str, ...]] = (
        "`/lucy-costs footer on` · `off` shows or hides model, tier, cost and time under each answer",
        "`/lucy-costs follow-ups on` · `off` lets me answer in my threads without a mention, or not",
        "`/lucy-costs guests on` · `off` lets guests ask me, or not",
        "`/lucy-costs keep-context on` · `off` keeps questions and answers encrypted for a day, where Slack limits reading threads",
    )

    def __init__(self, db: Database) -> None:
        self._db = db

    async def answer(self, respond: AsyncRespond, words: str, asker: Asker) -> None:
        """Raises NotUnderstood, NotAllowed."""
        name, _, way = words.lower().partition(" ")
        if way.strip() not in {"on", "off"}:
            raise NotUnderstood(words, sentence=f"Say it like this: `/lucy-costs {name} off`.")
        await say(respond, await self.turn(_TYPED[name], asker, on=way.strip() == "on"))

    async def turn(self, wanted: Described, asker: Asker, *, on: bool) -> str:
        """Turn one, and write down who did; what holds then, in words. Raises NotAllowed."""
        asker.must_be_admin()
        switch = wanted.switch
        async with self._db.unit(asker.workspace_id) as unit:
            before = getattr(await unit.switches.read(), switch)
            await unit.switches.turn(switch, on=on)
            if switch == "keeps_context" and not on:
                await unit.kept.wipe()
            await unit.audit.record(Change(asker.user_id, f"{switch}.set", switch, {"on": before}, {"on": on}))
        return wanted.on if on else wanted.off
