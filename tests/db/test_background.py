"""What is known before a tier is chosen comes in one statement, and what is chosen is written in one."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import asyncpg

from bot.db.asked import Asked
from bot.db.background import Background
from bot.db.choices import StoredChoice
from bot.db.database import Database
from bot.db.dials import Leaning
from bot.db.ids import new_id
from bot.db.routing_weights import RoutingWeights
from bot.db.thread_floors import ThreadFloor
from bot.db.tier_bounds import EVERYWHERE, TierBound
from tests.costs.ledger import FAST, SETTLED

FIRST, NEXT = new_id(), new_id()
CHOICE = StoredChoice(FIRST, "C1", "1.0", "U1", 2, "chat", 0.6, 0.1, "score", "", 1.0, 0.4, 0.2, "balanced")
FLOOR = ThreadFloor(3, "asked", FIRST)
NOTHING = Background([], None, Leaning(), None)


async def test_of_a_place_where_nothing_happened_nothing_is_known(db: Database, workspace_id: UUID) -> None:
    assert await background(db, workspace_id) == NOTHING


async def test_everything_that_holds_is_found_together(db: Database, workspace_id: UUID) -> None:
    async with db.unit(workspace_id) as unit:
        for bound in (TierBound(EVERYWHERE, None, 2), TierBound("C1", 1, None), TierBound("C2", 3, 3)):
            await unit.bounds.put(bound, "U9")
        await unit.dials.turn("user", "U1", "quality", "U1")
        await unit.dials.shift(0.5, -0.5, 300)
        await unit.weights.put(RoutingWeights(b"\x00learned", 200, 0.5, 0.6))
        attempt = await unit.costs.open(replace(FAST, task_id=FIRST), 60)
        await unit.costs.move(attempt, SETTLED)
        await unit.choices.remember(CHOICE, b"\x00features", FLOOR)

    found = await background(db, workspace_id)

    assert found.bounds == [TierBound(EVERYWHERE, None, 2), TierBound("C1", 1, None)]
    assert found.leaning == Leaning("quality", (0.5, -0.5), b"\x00learned")
    assert found.last
    assert replace(found.last, age_s=0.0) == Asked(FIRST, "C1", "1.0", "U1", 2, b"\x00features")
    assert found.floor
    assert 0 <= found.floor.idle_s == found.last.age_s < 600
    read, written = SETTLED.input_tokens, SETTLED.output_tokens
    assert replace(found.floor, idle_s=0.0) == replace(FLOOR, read_tokens=read, written_tokens=written)


async def test_an_ask_is_no_part_of_its_own_background(db: Database, workspace_id: UUID) -> None:
    async with db.unit(workspace_id) as unit:
        await unit.choices.remember(CHOICE, b"features")

    async with db.unit(workspace_id) as unit:
        assert (await unit.background.of(FIRST, "C1", "1.0", "U1")).last is None


async def test_an_ask_that_is_tried_again_keeps_its_newest_choice(
    db: Database, workspace_id: UUID, onlooker: asyncpg.Connection
) -> None:
    for tier in (1, 2):
        async with db.unit(workspace_id) as unit:
            await unit.choices.remember(replace(CHOICE, tier=tier), b"features", replace(FLOOR, tier=tier))

    for table in ("choice", "asked", "thread_floor"):
        assert [row["tier"] for row in await onlooker.fetch(f"SELECT tier FROM {table}")] == [2]


async def test_what_no_model_answers_leaves_no_features_and_the_floor_as_it_is(
    db: Database, workspace_id: UUID, onlooker: asyncpg.Connection
) -> None:
    async with db.unit(workspace_id) as unit:
        await unit.choices.remember(CHOICE, b"features", FLOOR)
        await unit.choices.remember(replace(CHOICE, task_id=NEXT, tier=1))

    assert await onlooker.fetchval("SELECT count(*) FROM choice") == 2
    assert [row["task_id"] for row in await onlooker.fetch("SELECT task_id FROM asked")] == [FIRST]
    assert [tuple(row) for row in await onlooker.fetch("SELECT tier, source FROM thread_floor")] == [(3, "asked")]


async def background(db: Database, workspace_id: UUID) -> Background:
    async with db.unit(workspace_id) as unit:
        return await unit.background.of(NEXT, "C1", "1.0", "U1")
