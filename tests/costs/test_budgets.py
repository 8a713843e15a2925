"""Budgets on a real PostgreSQL: what is admitted, what stands on a counter, and that no cap is overshot."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import text

from bot.db.budgets import BudgetKey, Mode, OverBudget
from bot.db.database import Database
from bot.db.ids import workspace_id_of
from bot.db.past_costs import LatePrice
from tests.costs.budgeting import BEN, DAILY, ENG, WORKSPACE, agree, limit, opens, standings
from tests.costs.ledger import FAILED, SETTLED, UNKNOWN, execute, move, rows, sweep

NOBODY_ELSE = workspace_id_of("T0OTHER")


@pytest.mark.parametrize("key", [WORKSPACE, DAILY, BEN, ENG])
async def test_a_reserve_that_does_not_fit_writes_nothing_and_names_the_budget(
    db: Database, workspace_id: UUID, key: BudgetKey
) -> None:
    await limit(db, workspace_id, key, "0.10")
    await opens(db, workspace_id, "0.06")

    with pytest.raises(OverBudget) as refused:
        await opens(db, workspace_id, "0.05")

    assert (refused.value.standing.budget.key, refused.value.standing.reserved_usd) == (key, Decimal("0.06"))
    assert refused.value.needed_usd == Decimal("0.05")
    assert len(await rows(db, workspace_id)) == 1
    await agree(db, workspace_id)


async def test_a_reserve_that_fits_to_the_last_digit_is_admitted(db: Database, workspace_id: UUID) -> None:
    await limit(db, workspace_id, WORKSPACE, "0.10")

    await opens(db, workspace_id, "0.05")
    await opens(db, workspace_id, "0.05")

    with pytest.raises(OverBudget):
        await opens(db, workspace_id, "0.000000000001")


async def test_budgets_of_others_and_other_workspaces_do_not_apply(db: Database, workspace_id: UUID) -> None:
    await limit(db, workspace_id, BudgetKey("user", "U2", "day"), "0.01")
    await limit(db, workspace_id, BudgetKey("channel", "C2", "day"), "0.01")
    await limit(db, NOBODY_ELSE, WORKSPACE, "0.01")

    await opens(db, workspace_id, "5")

    assert all(one.reserved_usd == 0 for one in (await standings(db, workspace_id)).values())
    assert all(one.reserved_usd == 0 for one in (await standings(db, NOBODY_ELSE)).values())


async def test_a_soft_budget_counts_and_refuses_nothing(db: Database, workspace_id: UUID) -> None:
    await limit(db, workspace_id, WORKSPACE, "0.01", Mode.SOFT)

    await opens(db, workspace_id, "5")

    assert (await standings(db, workspace_id))[WORKSPACE].reserved_usd == 5


@pytest.mark.parametrize("mode", [Mode.STOP, Mode.STEP_DOWN])
async def test_an_unpriced_call_cannot_slip_past_a_hard_budget(db: Database, workspace_id: UUID, mode: Mode) -> None:
    await limit(db, workspace_id, WORKSPACE, "100", mode)

    with pytest.raises(OverBudget) as refused:
        await opens(db, workspace_id, None)

    assert refused.value.needed_usd is None
    assert await rows(db, workspace_id) == []


async def test_an_unpriced_call_passes_a_soft_budget(db: Database, workspace_id: UUID) -> None:
    await limit(db, workspace_id, WORKSPACE, "100", Mode.SOFT)

    await opens(db, workspace_id, None)

    await agree(db, workspace_id)


async def test_settling_turns_the_reserve_into_what_was_spent(db: Database, workspace_id: UUID) -> None:
    await limit(db, workspace_id, WORKSPACE, "1")
    settled, failed = await opens(db, workspace_id), await opens(db, workspace_id)

    await move(db, settled, SETTLED)
    await move(db, settled, SETTLED)
    await move(db, failed, FAILED)

    standing = (await standings(db, workspace_id))[WORKSPACE]
    assert (standing.spent_usd, standing.reserved_usd) == (SETTLED.cost_usd, 0)


async def test_unknown_rows_keep_their_reserve_until_the_truth_comes(db: Database, workspace_id: UUID) -> None:
    await limit(db, workspace_id, WORKSPACE, "1")
    late, swept = await opens(db, workspace_id), await opens(db, workspace_id)
    await move(db, late, UNKNOWN)
    await execute(db, "UPDATE cost_log SET expires_at = now() - interval '1 second'")
    await sweep(db, workspace_id)
    held = (await standings(db, workspace_id))[WORKSPACE].reserved_usd

    await move(db, late, SETTLED)
    await move(db, swept, SETTLED)

    assert held == Decimal("0.10")
    await agree(db, workspace_id)
    assert (await standings(db, workspace_id))[WORKSPACE].reserved_usd == 0


async def test_a_budget_set_later_starts_from_the_ledger_and_calls_under_way_stand_on_it(
    db: Database, workspace_id: UUID
) -> None:
    spent, under_way = await opens(db, workspace_id), await opens(db, workspace_id)
    await move(db, spent, SETTLED)

    await limit(db, workspace_id, ENG, "1")
    await agree(db, workspace_id)
    held = (await standings(db, workspace_id))[ENG].reserved_usd
    await move(db, under_way, SETTLED)

    assert held == Decimal("0.05")
    await agree(db, workspace_id)


async def test_a_budget_that_ends_and_returns_counts_what_happened_between(db: Database, workspace_id: UUID) -> None:
    await limit(db, workspace_id, BEN, "1")
    before = await opens(db, workspace_id)
    async with db.unit(workspace_id) as unit:
        assert await unit.budgets.remove(BEN)
        assert not await unit.budgets.remove(BEN)
    between = await opens(db, workspace_id)
    await move(db, before, SETTLED)

    await limit(db, workspace_id, BEN, "2")

    await agree(db, workspace_id)
    await move(db, between, SETTLED)
    await agree(db, workspace_id)


async def test_an_estimate_that_is_restated_and_a_late_price_move_what_was_spent(
    db: Database, workspace_id: UUID
) -> None:
    estimated, unpriced = await opens(db, workspace_id), await opens(db, workspace_id, None)
    await move(db, estimated, replace(SETTLED, usage_source="estimated", cost_usd=Decimal("0.04")))
    await move(db, unpriced, replace(SETTLED, cost_usd=None, list_usd=None, baseline_usd=None, cost_source="unpriced"))
    await limit(db, workspace_id, WORKSPACE, "1", Mode.SOFT)
    await agree(db, workspace_id)

    await move(db, estimated, SETTLED)
    price = LatePrice(unpriced.created_at, unpriced.id, Decimal("0.6"), None, Decimal(0), "list", {}, "later")
    async with db.unit(workspace_id) as unit:
        assert await unit.past.price([price]) == await unit.past.price([price]) + 1

    await agree(db, workspace_id)
    assert (await standings(db, workspace_id))[WORKSPACE].spent_usd > Decimal("0.6")
    async with db.unit(workspace_id) as unit:
        assert [notice.facts["level"] for notice in await unit.budget_notices.claim()] == [50]


async def test_an_overshoot_is_written_down(db: Database, workspace_id: UUID) -> None:
    await limit(db, workspace_id, WORKSPACE, "1")
    key = await opens(db, workspace_id, "0.05")

    await move(db, key, replace(SETTLED, cost_usd=Decimal("0.07")))

    async with db.operations() as operations:
        found = await operations._session.scalars(text("SELECT overshot_usd FROM budget_spend"))
        assert list(found) == [Decimal("0.02")]


MIDNIGHT = [
    ("UTC", "2026-12-01T00:00:00+00:00"),
    ("Europe/Berlin", "2026-11-30T23:00:00+00:00"),
    ("Asia/Kathmandu", "2026-11-30T18:15:00+00:00"),
    ("America/Los_Angeles", "2026-11-01T07:00:00+00:00"),  # the clock goes back on this day
]


@pytest.mark.parametrize(("zone", "midnight"), MIDNIGHT)
async def test_a_window_begins_at_local_midnight(db: Database, workspace_id: UUID, zone: str, midnight: str) -> None:
    at = datetime.fromisoformat(midnight)
    await execute(db, f"UPDATE workspace SET zone = '{zone}'")
    for key in (WORKSPACE, DAILY):
        await limit(db, workspace_id, key, "0.10")

    for instant in (at - timedelta(microseconds=1), at):
        async with db.unit(workspace_id) as unit:
            await unit.budgets.reserve("U1", "C1", Decimal("0.10"), instant)
    with pytest.raises(OverBudget) as refused:
        async with db.unit(workspace_id) as unit:
            await unit.budgets.reserve("U1", "C1", Decimal("0.10"), at + timedelta(hours=1))

    assert refused.value.standing.starts == at
    assert refused.value.standing.zone == zone


async def test_the_day_of_a_clock_change_is_as_long_as_it_is(db: Database, workspace_id: UUID) -> None:
    await execute(db, "UPDATE workspace SET zone = 'Europe/Berlin'")
    await limit(db, workspace_id, DAILY, "1")

    async with db.unit(workspace_id) as unit:
        [autumn] = await unit.budgets.standings(datetime(2026, 10, 25, 12, tzinfo=UTC))
        [spring] = await unit.budgets.standings(datetime(2026, 3, 29, 12, tzinfo=UTC))

    assert autumn.ends - autumn.starts == timedelta(hours=25)
    assert spring.ends - spring.starts == timedelta(hours=23)


async def test_the_zone_may_change_while_a_call_is_under_way(db: Database, workspace_id: UUID) -> None:
    await limit(db, workspace_id, DAILY, "1")
    key = await opens(db, workspace_id)

    async with db.unit(workspace_id) as unit:
        await unit.workspaces.live_in("Pacific/Kiritimati")
        await unit.budgets.recount()
    await agree(db, workspace_id)
    await move(db, key, SETTLED)

    await agree(db, workspace_id)
