"""The dearest threads of yesterday are counted when it is folded, and told as the ledger's rows say at any moment."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from bot.costs.budgets import live_in
from bot.costs.folding import fold
from bot.costs.periods import period
from bot.db.database import Database
from bot.db.day_threads import THREADS
from bot.db.folding import GRACE
from bot.db.ids import new_id
from tests.costs.ledger import FAST, SETTLED, UNKNOWN, execute, move
from tests.costs.spending import Spent, spend

ZONES = ("UTC", "Asia/Kathmandu", "America/Los_Angeles")


@pytest.fixture(params=ZONES)
async def zone(request: pytest.FixtureRequest, db: Database, workspace_id: UUID) -> str:
    """Where the workspace lives: it asked in five threads yesterday, in some twice, and in a dear one the day before."""
    name = str(request.param)
    async with db.unit(workspace_id) as unit:
        await live_in(unit, name, "U1")
    start = yesterday(name)[0]
    for n, usd in enumerate(("1", "2", "3", "4", "5", "3")):
        await spend(
            db, workspace_id, start + timedelta(hours=4 * n), Spent(usd, thread=f"{n % 5}.1", channel=f"C{n % 5}")
        )
    await spend(db, workspace_id, start - timedelta(minutes=1), Spent("99", thread="9.9"))
    return name


TOLD = [("4.1", Decimal(5), 1), ("0.1", Decimal(4), 2), ("3.1", Decimal(4), 1)]


async def test_they_are_the_same_before_and_after_and_need_no_rows_then(
    db: Database, workspace_id: UUID, zone: str
) -> None:
    before = await told(db, workspace_id, zone)

    await fold(db)

    await execute(db, "DELETE FROM cost_log")
    assert await told(db, workspace_id, zone) == before == TOLD[:THREADS]


async def test_what_is_settled_late_is_told_at_once_and_after_the_next_fold(
    db: Database, workspace_id: UUID, zone: str
) -> None:
    late_one = replace(FAST, id=new_id(), thread_ts="7.7")
    async with db.unit(workspace_id) as unit:
        key = await unit.costs.open(late_one, 60, at=yesterday(zone)[0] + timedelta(hours=7))
    await move(db, key, UNKNOWN)
    await fold(db)
    assert await told(db, workspace_id, zone) == TOLD

    await move(db, key, SETTLED)
    await spend(db, workspace_id, yesterday(zone)[0] + timedelta(hours=8), Spent("9", thread="7.7"))

    late = await told(db, workspace_id, zone)
    assert late[0] == ("7.7", 9 + (SETTLED.cost_usd or 0), 2)
    await fold(db)
    await execute(db, "DELETE FROM cost_log")
    assert await told(db, workspace_id, zone) == late


async def test_a_day_that_is_not_wholly_folded_is_not_kept(db: Database, workspace_id: UUID, zone: str) -> None:
    async with db.unit(workspace_id) as unit:
        await unit.folds.cut()
        await unit.day_threads.keep({zone: yesterday(zone)})

    await execute(db, "DELETE FROM cost_log")
    assert await told(db, workspace_id, zone) == []


async def test_what_is_kept_of_one_zone_is_not_counted_again_for_another(
    db: Database, workspace_id: UUID, zone: str
) -> None:
    await fold(db)
    await execute(db, "DELETE FROM cost_log")

    async with db.unit(workspace_id) as unit:
        await unit.day_threads.keep({zone: yesterday(zone), "Asia/Tokyo": yesterday("Asia/Tokyo")})

    assert await told(db, workspace_id, zone) == TOLD


async def told(db: Database, workspace_id: UUID, zone: str) -> list[tuple[str, Decimal, int]]:
    async with db.unit(workspace_id) as unit:
        dearest = await unit.day_threads.dearest(zone, yesterday(zone))
    return [(one.thread_ts, one.usd, one.calls) for one in dearest]


def yesterday(zone: str) -> tuple[datetime, datetime]:
    """The day that ended last, over for as long as folding waits."""
    day = period("yesterday", datetime.now(UTC) - GRACE, zone)
    return day.start, day.end
