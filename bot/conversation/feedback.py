"""Feedback: what people do with an answer becomes a label for the tier that gave it. Features are kept, no words."""

from __future__ import annotations

from uuid import UUID

from bot.conversation.ask import Ask
from bot.db.asked import Asked
from bot.db.labels import Kind, Label
from bot.db.thread_floors import ThreadFloor
from bot.db.unit import Unit
from bot.routing.choice import Tier
from bot.routing.second_thoughts import said_of

ABOUT_THE_SAME = ("regenerated", "rephrased")
"""What like words say of an answer, unless they come with files: those ask the same of something else."""


def label_of(last: Asked | None, ask: Ask, features: bytes) -> Label | None:
    """A label for what was asked before an ask, when that one, with its `features`, corrects or repeats it."""
    kind = said_of(last, ask.transcript.text, features, ask.payer.thread_ts)
    if not last or not kind or (ask.transcript.files and kind in ABOUT_THE_SAME):
        return None
    return Label(last.task_id, kind, last.tier, features=last.features)


async def said(unit: Unit, task_id: UUID, kind: Kind) -> Asked | None:
    """A button under an answer was pressed: a label with the features of its ask; None, and nothing kept, of one long gone."""
    asked = await unit.asked.of(task_id)
    if asked:
        await unit.labels.record(Label(task_id, kind, asked.tier, features=asked.features))
    return asked


async def stronger(unit: Unit, task_id: UUID) -> Tier | None:
    """Somebody asks for a stronger model: its thread goes on one tier up, which is returned; None for an ask long gone."""
    asked = await said(unit, task_id, "stronger")
    if asked is None:
        return None
    above = Tier(min(asked.tier + 1, Tier.FRONTIER))
    await unit.floors.put(asked.channel_id, asked.thread_ts, ThreadFloor(int(above), "answer", task_id))
    return above
