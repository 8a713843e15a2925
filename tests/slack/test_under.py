"""What stands under an answer is read in as few journeys to the database as it takes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from bot.costs.price_book import load_price_book
from bot.db.connections import driver_of
from bot.db.database import Database
from bot.db.ids import new_id
from bot.db.inbox import Lease, TakenAsk
from bot.db.labels import Label
from bot.routing.tiers import Tiers
from bot.slack.under import Under
from tests.costs.ledger import FAST, SETTLED, move, opened
from tests.routing.road import KEYS


@pytest.mark.parametrize(
    ("tiers", "shown", "trips", "again"), [([1], True, 2, False), ([1, 2], True, 3, True), ([1, 2], False, 2, False)]
)
async def test_labels_are_read_where_a_line_could_tell_of_them(
    db: Database, workspace_id: UUID, tiers: Sequence[int], shown: bool, trips: int, again: bool
) -> None:
    ask = await answered(db, workspace_id, tiers)
    async with db.unit(ask.workspace_id) as unit:
        await unit.labels.record(Label(ask.task_id, "escalated", 1, "the first model declined"))
        await unit.switches.turn("footer", on=shown)
    under, heard = Under(Tiers.load("default", KEYS, load_price_book())), list[str]()

    async with db.unit(ask.workspace_id) as unit:
        driver_of(unit.session).add_query_logger(lambda said: heard.append(said.query))
        blocks = await under(unit, ask)
        await asyncio.sleep(0)  # the driver tells of a statement in the loop's next round
        read = len(heard)

    assert (read, "asked again one tier up: the first model declined" in str(blocks)) == (trips, again)


async def answered(db: Database, workspace_id: UUID, tiers: Sequence[int]) -> TakenAsk:
    """An ask that a model of each tier answered."""
    task_id = new_id()
    for tier in tiers:
        attempt = await opened(db, workspace_id, like=replace(FAST, task_id=task_id, tier=tier))
        await move(db, attempt, SETTLED)
    lease = Lease(workspace_id, task_id, UUID(int=2))
    return TakenAsk(lease, "C1", "channel", "1.0", "1.0", "U1", "hello", 1, datetime.now(UTC))
