"""A workspace that is forgotten leaves no row anywhere, and another loses none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import select

from bot.db.audit import Change
from bot.db.database import Database
from bot.db.forgetting import OPERATORS_TRAIL, ForgottenDayRow, StillOpen
from bot.db.ids import workspace_id_of
from bot.db.inbox import NewAsk
from tests.costs.ledger import opened, recomputed, rollup, rows
from tests.costs.spending import Spent, spend

OTHER = workspace_id_of("T0OTHER")
NOON = (datetime.now(UTC) - timedelta(days=1)).replace(hour=12, minute=0, second=0, microsecond=0)


async def furnish(db: Database, owner: UUID) -> None:
    """An ask, and a change in the trail."""
    async with db.unit(owner) as unit:
        await unit.inbox.add(NewAsk("Ev1", "C1", "channel", "1.0", "1.0", "U1", "hi"))
        await unit.audit.record(Change("U1", "budget.set", "workspace", None, {"usd": "5"}))


@pytest.fixture
async def two(db: Database, workspace_id: UUID) -> tuple[UUID, UUID]:
    """Two workspaces with a row in many tables, who spent the same."""
    async with db.unit(OTHER) as unit:
        await unit.workspaces.welcome("T0OTHER", "Other", "U0LUCY")
    for owner in (workspace_id, OTHER):
        await furnish(db, owner)
        for usd, model, at in (
            ("0.1", "a/small", NOON),
            ("0.2", "b/big", NOON),
            ("0.4", "b/big", NOON.replace(hour=18)),
        ):
            await spend(db, owner, at, Spent(usd, model))
    return workspace_id, OTHER


async def test_only_the_one_who_leaves_is_forgotten(db: Database, two: tuple[UUID, UUID]) -> None:
    leaves, stays = two
    before = await held(db, stays)

    async with db.unit(leaves) as unit:
        await unit.workspaces.forget()

    assert await held(db, leaves) == {}
    assert await held(db, stays) == before
    assert await rollup(db, stays) == recomputed(await rows(db, stays))


async def test_what_its_models_cost_stays_by_day_among_all_who_left(db: Database, two: tuple[UUID, UUID]) -> None:
    for owner in two:
        async with db.unit(owner) as unit:
            await unit.workspaces.forget()

    async with db.operations() as operations:
        days = list(await operations._session.scalars(select(ForgottenDayRow).order_by(ForgottenDayRow.model)))
    assert [(day.day, day.model, day.calls, day.cost_usd) for day in days] == [
        (NOON.date(), "a/small", 2, Decimal("0.2")),
        (NOON.date(), "b/big", 4, Decimal("1.2")),
    ]


async def test_the_operators_trail_says_that_it_happened(db: Database, two: tuple[UUID, UUID]) -> None:
    leaves, _ = two

    async with db.unit(leaves) as unit:
        removed = await unit.workspaces.forget()

    async with db.unit(OPERATORS_TRAIL) as unit:
        [change] = await unit.audit.newest()
    assert (change.actor, change.action, change.subject) == ("operator", "workspace.forget", str(leaves))
    assert change.before == removed
    assert removed["cost_log"] == 3


async def test_a_workspace_whose_calls_are_under_way_is_not_forgotten_yet(db: Database, two: tuple[UUID, UUID]) -> None:
    leaves, _ = two
    await opened(db, leaves)
    before = await held(db, leaves)

    with pytest.raises(StillOpen):
        await forgotten(db, leaves)

    assert await held(db, leaves) == before


async def forgotten(db: Database, workspace_id: UUID) -> None:
    async with db.unit(workspace_id) as unit:
        await unit.workspaces.forget()


async def held(db: Database, workspace_id: UUID) -> dict[str, int]:
    async with db.unit(workspace_id) as unit:
        return await unit.workspaces.rows()
