"""Folding the rollup's past changes no sum that anybody reads: in no zone, whatever is settled meanwhile."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import select

from bot.costs.budgets import live_in
from bot.costs.folding import fold
from bot.costs.periods import days
from bot.costs.reports import Reports, SpendReport
from bot.db.budgets import Budget, BudgetKey, Mode
from bot.db.cost_tables import CostRollupRow
from bot.db.database import Database
from bot.db.digests import Kind
from bot.db.folding import FOLDED
from bot.db.ids import new_id, workspace_id_of
from bot.db.rollup_cut import piece
from bot.digests.compose import Composer
from bot.digests.digest import Digest
from bot.digests.spans import Span
from tests.costs.ledger import FAST, SETTLED, UNKNOWN, by_day, execute, move, opened, recomputed, rollup, rows
from tests.costs.spending import Spent, spend

OTHER = workspace_id_of("T0OTHER")
ZONES = ("UTC", "Asia/Kathmandu", "America/St_Johns", "Pacific/Auckland")
TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
FIRST = TODAY - timedelta(days=5)
MANY = range(60)


@pytest.fixture
async def used(db: Database, workspace_id: UUID) -> UUID:
    """A workspace that was used at all hours of four days, which are over."""
    for n in MANY:
        usage = "estimated" if n % 7 == 0 else "reported"
        spent = Spent(f"0.{n + 1:04}", f"m/{n % 3}", f"U{n % 4}", f"C{n % 2}", n % 3 + 1, usage=usage, baseline="0.5")
        await spend(db, workspace_id, FIRST + timedelta(minutes=97 * n), spent)
    await spend(db, workspace_id, FIRST, Spent(None, state="unknown"))
    return workspace_id


@pytest.mark.parametrize("zone", ZONES)
async def test_reports_and_digests_of_any_zone_say_the_same_before_and_after(
    db: Database, used: UUID, zone: str
) -> None:
    before = await told(db, used, zone)

    await fold(db)

    assert await folded(db, used)
    assert await told(db, used, zone) == before
    assert before[0].total.calls == len(MANY) + 1


async def test_a_day_that_is_over_takes_one_row_per_key(db: Database, used: UUID) -> None:
    await fold(db)

    stored = await table(db, used)
    assert {row.shard for row in stored} == {FOLDED}
    assert {row.quarter for row in stored} == {FIRST + timedelta(days=n) for n in range(4)}
    assert len(stored) == len({(row.quarter, row.dimension, row.key) for row in stored})


async def test_what_is_not_over_for_an_hour_stays_in_quarters(db: Database, workspace_id: UUID) -> None:
    await move(db, await opened(db, workspace_id), SETTLED)

    await fold(db)

    assert {row.shard for row in await table(db, workspace_id)} <= set(range(FOLDED))
    assert await rollup(db, workspace_id) == recomputed(await rows(db, workspace_id))


async def test_a_late_settlement_adds_to_a_folded_day(db: Database, workspace_id: UUID) -> None:
    async with db.unit(workspace_id) as unit:
        key = await unit.costs.open(replace(FAST, id=new_id()), 60, at=FIRST + timedelta(hours=7))
    await move(db, key, UNKNOWN)
    await fold(db)

    await move(db, key, SETTLED)

    assert by_day(await rollup(db, workspace_id)) == by_day(recomputed(await rows(db, workspace_id)))
    await fold(db)
    assert by_day(await rollup(db, workspace_id)) == by_day(recomputed(await rows(db, workspace_id)))
    assert {row.quarter for row in await table(db, workspace_id)} == {FIRST}


@pytest.mark.parametrize("zone", ["Asia/Kathmandu", "America/Los_Angeles"])
async def test_another_zone_cuts_the_past_anew(db: Database, used: UUID, zone: str) -> None:
    await fold(db)
    before = await told(db, used, zone)

    async with db.unit(used) as unit:
        await live_in(unit, zone, "U1")
    at_once = await told(db, used, zone)
    async with db.unit(used) as unit:
        await unit.folds.cut()
    async with db.unit(used) as unit:
        assert await unit.folds.recut_day()
    half_way = await told(db, used, zone)
    await fold(db)

    assert at_once == half_way == await told(db, used, zone) == before
    assert await folded(db, used)
    starts = {row.quarter for row in await table(db, used)}
    assert starts == {piece(row.created_at, ("UTC", zone))[0] for row in await rows(db, used)}


async def test_the_zone_of_a_digest_is_cut_for_too(db: Database, used: UUID) -> None:
    async with db.unit(used) as unit:
        await unit.digests.want(Kind.DAILY, "C1", time(9), "Australia/Adelaide", "U1")
    before = await told(db, used, "Australia/Adelaide")

    await fold(db)

    async with db.unit(used) as unit:
        assert (await unit.folds.cut()).serves("Australia/Adelaide")
    assert await told(db, used, "Australia/Adelaide") == before


async def test_days_without_rows_keep_their_sums_and_their_midnights(db: Database, used: UUID) -> None:
    await fold(db)
    await execute(db, "DELETE FROM cost_log")
    before = sorted((row.quarter, row.dimension, row.key, row.cost_usd) for row in await table(db, used))

    async with db.unit(used) as unit:
        await live_in(unit, "Asia/Kathmandu", "U1")
    await fold(db)

    assert sorted((row.quarter, row.dimension, row.key, row.cost_usd) for row in await table(db, used)) == before
    async with db.unit(used) as unit:
        assert (await unit.folds.cut()).recut_before is None


async def test_a_budget_set_later_counts_a_folded_month_exactly(db: Database, used: UUID) -> None:
    await fold(db)
    at = FIRST + timedelta(days=2, hours=11)

    async with db.unit(used) as unit:
        await live_in(unit, "America/St_Johns", "U1")
        for scope, key in (("workspace", ""), ("user", "U1"), ("channel", "C1")):
            for span in ("day", "month"):
                await unit.budgets.set(Budget(BudgetKey(scope, key, span), Decimal(99), Mode.SOFT, "U1"))
        await unit.budgets.recount(at)
        standings = await unit.budgets.standings(at)

    ledger = await rows(db, used)
    for one in standings:
        scope, key = one.budget.key.scope, one.budget.key.key
        mine = [row for row in ledger if scope == "workspace" or getattr(row, f"{scope}_id") == key]
        spent = sum((row.cost_usd or 0 for row in mine if one.starts <= row.created_at < one.ends), Decimal(0))
        assert (one.budget.key, one.spent_usd) == (one.budget.key, spent)
    assert all(one.spent_usd for one in standings)


async def test_a_neighbours_quarters_stay_where_they_are(db: Database, used: UUID) -> None:
    await spend(db, OTHER, FIRST, Spent("1"))
    before = await rollup(db, OTHER)

    async with db.unit(used) as unit:
        await unit.folds.cut()
        await unit.folds.fold_oldest()

    assert await rollup(db, OTHER) == before


async def told(db: Database, workspace_id: UUID, zone: str) -> tuple[SpendReport, SpendReport, list[Digest]]:
    """What a person would read: reports and digests of a zone's days."""
    reports, composer = Reports(db, "big/model"), Composer(db, "big/model")
    first, last = FIRST.date() - timedelta(days=1), TODAY.date() + timedelta(days=1)
    whole = days("", first, last, zone)
    middle = days("", FIRST.date() + timedelta(days=1), FIRST.date() + timedelta(days=2), zone)
    digests = [
        await composer.compose(workspace_id, Span(Kind.DAILY, day, day), zone)
        for day in (FIRST.date(), FIRST.date() + timedelta(days=2))
    ]
    return (
        await reports.spend(workspace_id, whole, "user"),
        await reports.own(workspace_id, "U1", middle, "model"),
        digests,
    )


async def table(db: Database, workspace_id: UUID) -> list[CostRollupRow]:
    async with db.unit(workspace_id) as unit:
        mine = select(CostRollupRow).where(CostRollupRow.workspace_id == workspace_id)
        return list(await unit.rollups._session.scalars(mine))


async def folded(db: Database, workspace_id: UUID) -> bool:
    return {row.shard for row in await table(db, workspace_id)} == {FOLDED}
