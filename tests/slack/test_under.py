"""What stands under an answer comes of what is read with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import pytest

from bot.costs.price_book import load_price_book
from bot.db.database import Database
from bot.db.inbox import NewAsk, TakenAsk
from bot.db.labels import Label
from bot.routing.tiers import Tiers
from bot.slack.under import Under
from tests.costs.ledger import FAST, SETTLED, move, opened
from tests.routing.road import KEYS


@pytest.mark.parametrize(
    ("tiers", "shown", "again"), [([1], True, False), ([1, 2], True, True), ([1, 2], False, False)]
)
async def test_a_line_tells_of_labels_where_several_tiers_were_asked(
    db: Database, workspace_id: UUID, tiers: Sequence[int], shown: bool, again: bool
) -> None:
    ask = await answered(db, workspace_id, tiers)
    async with db.unit(ask.workspace_id) as unit:
        await unit.labels.record(Label(ask.task_id, "escalated", 1, "the first model declined"))
        await unit.switches.turn("footer", on=shown)

    async with db.unit(ask.workspace_id, single=True) as unit:
        outgoing = await unit.outgoing.of(ask.lease)
    blocks = Under(Tiers.load("default", KEYS, load_price_book()))(ask, outgoing)

    assert ("$" in str(blocks[0]), "asked again one tier up: the first model declined" in str(blocks)) == (shown, again)


async def answered(db: Database, workspace_id: UUID, tiers: Sequence[int]) -> TakenAsk:
    """An ask in work that a model of each tier answered."""
    async with db.unit(workspace_id) as unit:
        await unit.inbox.add(NewAsk("Ev1", "C1", "channel", "1.0", "1.0", "U1", "hello"))
    async with db.operations() as operations:
        ask = await operations.claim("worker", 60)
    assert ask
    for tier in tiers:
        attempt = await opened(db, workspace_id, like=replace(FAST, task_id=ask.task_id, tier=tier))
        await move(db, attempt, SETTLED)
    return ask
