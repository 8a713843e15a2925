"""A workspace whose answers were labelled: which asks failed follows their topic, or nothing at all."""

from __future__ import annotations

import random
from dataclasses import replace
from uuid import UUID

from bot.db.choices import StoredChoice
from bot.db.database import Database
from bot.db.ids import new_id
from bot.db.labels import Label
from bot.routing.kept import kept

HARD = "reconcile the {} ledger against the {} statement and list what is missing"
EASY = "write a short friendly note to {} about the {} on friday"
NAMES = ("berlin", "payroll", "april", "stripe", "osaka", "refunds", "partners", "travel", "hosting", "lunch")


async def label(db: Database, workspace_id: UUID, count: int, *, by_topic: bool) -> None:
    """So many labelled tier-1 answers; the score thought the same of all of them, give or take."""
    dice = random.Random(7)
    async with db.unit(workspace_id) as unit:
        await unit.workspaces.welcome("T0ACME", "Acme", "U0LUCY")
        for n in range(count):
            task_id, features = new_id(), kept((HARD if n % 2 else EASY).format(*dice.sample(NAMES, 2)))
            fails = dice.uniform(0.3, 0.5)
            failed = dice.random() < (0.85 if n % 2 else 0.15) if by_topic else dice.random() < 0.5
            choice = replace(CHOICE, task_id=task_id, tier1_fails=fails, tier2_fails=fails / 2)
            await unit.choices.remember(choice, features)
            await unit.labels.record(Label(task_id, "thumbs_down" if failed else "thumbs_up", 1, "", features))


CHOICE = StoredChoice(new_id(), "C1", "1.0", "U1", 1, "chat", 0.6, 0.1, "score", "", 1.0, 0.4, 0.2, "balanced")
