"""The ledger's months: each row in its own, made before it is needed, dropped when it is old; sums stay."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from uuid import UUID

import pytest

from bot.costs.periods import days
from bot.costs.reports import Reports
from bot.db.database import Database
from bot.db.ids import new_id, workspace_id_of
from bot.db.partitions import drop_partitions, ensure_partitions, month_after
from bot.errors import DatabaseAway
from tests.costs.ledger import FAST, execute, rows
from tests.costs.spending import Spent, spend

OTHER = workspace_id_of("T0OTHER")
FAR_EAST = timezone(timedelta(hours=14))


@pytest.mark.parametrize(
    ("at", "month"),
    [
        (datetime(2025, 12, 31, 23, 59, 59, 999999, UTC), "2025_12"),
        (datetime(2026, 1, 1, tzinfo=UTC), "2026_01"),
        (datetime(2026, 3, 1, 13, 59, tzinfo=FAR_EAST), "2026_02"),
        (datetime(2024, 2, 29, 12, tzinfo=UTC), "2024_02"),
        (datetime(2093, 7, 1, tzinfo=UTC), "2093_07"),
    ],
)
async def test_a_row_stands_in_the_month_of_its_utc_instant(
    db: Database, workspace_id: UUID, at: datetime, month: str
) -> None:
    async with db.unit(workspace_id) as unit:
        await unit.costs.open(replace(FAST, id=new_id()), 60, at=at)

    await execute(db, f"DELETE FROM cost_log_{month}")
    assert await rows(db, workspace_id) == []


async def test_partitions_are_made_over_the_end_of_a_year_and_twice_is_once(db: Database) -> None:
    async with db.operations() as operations:
        for _ in range(2):
            await ensure_partitions(operations._session, 3, date(2030, 11, 30))

    for month in ("2030_11", "2030_12", "2031_01", "2031_02"):
        await execute(db, f"SELECT FROM cost_log_{month}")


async def test_old_months_go_with_their_rows_and_reports_stay(db: Database, workspace_id: UUID) -> None:
    today = date(2026, 11, 24)
    for owner in (workspace_id, OTHER):
        for month in (7, 8, 9):
            await spend(db, owner, datetime(2026, month, 15, 12, tzinfo=UTC), Spent("0.25"))

    async with db.operations() as operations:
        dropped = await drop_partitions(operations._session, 2, today)

    assert dropped == ["cost_log_2026_07", "cost_log_2026_08"]
    for owner in (workspace_id, OTHER):
        assert [row.created_at.month for row in await rows(db, owner)] == [9]
        quarter = days("the quarter", date(2026, 7, 1), date(2026, 9, 30), "UTC")
        assert str((await Reports(db, "b").spend(owner, quarter)).total.cost_usd) == "0.750000000000"


async def test_the_months_that_are_to_be_kept_stay(db: Database, workspace_id: UUID) -> None:
    this_month = datetime.now(UTC).date().replace(day=1)
    for ago in (2, 3):
        await spend(db, workspace_id, noon(month_after(this_month, -ago)), Spent("1"))

    async with db.operations() as operations:
        dropped = await operations.drop_partitions(2)

    assert dropped == [f"cost_log_{month_after(this_month, -3):%Y_%m}"]
    assert len(await rows(db, workspace_id)) == 1


async def test_a_ledger_that_is_being_read_is_not_waited_for_long(db: Database, workspace_id: UUID) -> None:
    await spend(db, workspace_id, datetime(2020, 1, 1, tzinfo=UTC), Spent("1"))
    reads, done = asyncio.Event(), asyncio.Event()

    async def read() -> None:
        async with db.unit(workspace_id) as unit:
            await unit.costs.total()
            reads.set()
            await done.wait()

    reading = asyncio.create_task(read())
    await reads.wait()

    with pytest.raises(DatabaseAway):
        await drop_impatiently(db)

    done.set()
    await reading
    assert len(await rows(db, workspace_id)) == 1


async def drop_impatiently(db: Database) -> None:
    async with db.operations() as operations:
        await drop_partitions(operations._session, 2, lock_timeout_s=0.1)


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
