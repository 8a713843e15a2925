"""A workspace's own traffic moves its scores by a bounded step, once there is enough of it, and nobody else's."""

from __future__ import annotations

from uuid import UUID

import pytest

from bot.db.choices import StoredChoice
from bot.db.database import Database
from bot.db.dials import Leaning
from bot.db.ids import new_id, workspace_id_of
from bot.routing.recalibrate import AT_MOST, ENOUGH, recalibrate, shift
from bot.routing.scorer import shipped


async def test_scores_that_run_low_are_moved_up_and_a_neighbours_stay(db: Database, workspace_id: UUID) -> None:
    await remember(db, workspace_id, ENOUGH, 0.01)

    await recalibrate(db)

    assert await leaning(db, workspace_id) == Leaning(None, (AT_MOST, AT_MOST))
    assert await leaning(db, workspace_id_of("T0OTHER")) == Leaning()


@pytest.mark.parametrize("scored", [0, ENOUGH - 1])
async def test_too_few_choices_move_nothing(db: Database, workspace_id: UUID, scored: int) -> None:
    await remember(db, workspace_id, scored, 0.01)

    await recalibrate(db)

    assert await leaning(db, workspace_id) == Leaning()


async def test_choices_that_no_score_made_do_not_count(db: Database, workspace_id: UUID) -> None:
    await remember(db, workspace_id, ENOUGH, None)

    await recalibrate(db)

    assert await leaning(db, workspace_id) == Leaning()


@pytest.mark.parametrize("seen", [0.0, 0.001, 0.3, 0.5, 0.99, 1.0])
def test_no_traffic_moves_a_score_far(seen: float) -> None:
    assert -AT_MOST <= shift(shipped().first, seen) <= AT_MOST


def test_traffic_like_ours_moves_nothing() -> None:
    assert shift(shipped().second, shipped().second.usual) == 0


async def remember(db: Database, workspace_id: UUID, count: int, fails: float | None) -> None:
    async with db.unit(workspace_id) as unit:
        await unit.workspaces.welcome("T0ACME", "Acme", "U0LUCY")
        for _ in range(count):
            await unit.choices.remember(
                StoredChoice(
                    new_id(), "C1", "1.0", "U1", 1, "chat", 0.9, 0.1, "score", "", 1.0, fails, fails, "balanced"
                )
            )


async def leaning(db: Database, workspace_id: UUID) -> Leaning:
    async with db.unit(workspace_id) as unit:
        return await unit.dials.leaning("C1", "U1")
