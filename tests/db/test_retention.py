"""What is older than operators want it goes, in batches, with the workspaces that left; nobody else loses a row."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import asyncpg
import pytest

from bot.db.database import Database
from bot.db.forgetting import OPERATORS_TRAIL
from bot.db.retention import Retention
from bot.db.upkeep import drop_old
from tests.costs.ledger import recomputed, rollup, rows
from tests.costs.spending import Spent, spend
from tests.db.test_forgetting import OTHER, furnish, held

NOON = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
AGES = (1, 2, 5, 40)
"""Days ago on which both workspaces spent something."""
BATCHES = Retention(reply_days=14, audit_months=2, ledger_months=2)
OLD = {
    "reply_part": ("intent_at", "15 days", "13 days"),
    "audit_log": ("at", "63 days", "50 days"),
    "choice": ("created_at", "100 days", "50 days"),
}
INSERTS = {
    "reply_part": "INSERT INTO reply_part (workspace_id, task_id, part) VALUES ($1, gen_random_uuid(), 0)",
    "audit_log": "INSERT INTO audit_log (workspace_id, id, actor, action, subject) VALUES ($1, gen_random_uuid(), 'U1', 'a', 's')",
    "choice": "INSERT INTO choice (workspace_id, task_id, channel_id, thread_ts, user_id, tier, intent, confidence, decided_by, reason,"
    " micros) VALUES ($1, gen_random_uuid(), 'C1', '1', 'U1', 1, 'chat', 1, 'rule', 'r', 1)",
}


@pytest.fixture
async def two(db: Database, workspace_id: UUID) -> tuple[UUID, UUID]:
    """Two workspaces with a past; the first one left a while ago."""
    async with db.unit(OTHER) as unit:
        await unit.workspaces.welcome("T0OTHER", "Other", "U0LUCY")
    for owner in (workspace_id, OTHER):
        await furnish(db, owner)
        for ago in AGES:
            await spend(db, owner, NOON - timedelta(days=ago), Spent("0.1", "b/big"))
    async with db.unit(workspace_id) as unit:
        await unit.workspaces.retire()
    return workspace_id, OTHER


async def left(onlooker: asyncpg.Connection, workspace_id: UUID, days: int) -> None:
    await onlooker.execute(
        "UPDATE workspace SET left_at = now() - make_interval(days => $2) WHERE workspace_id = $1", workspace_id, days
    )


@pytest.mark.parametrize("sums", [True, False])
async def test_who_left_long_ago_is_forgotten_and_their_sums_stay_as_is_decided(
    db: Database, two: tuple[UUID, UUID], onlooker: asyncpg.Connection, *, sums: bool
) -> None:
    gone, stays = two
    before = await held(db, stays)
    await left(onlooker, gone, 91)

    await drop_old(db, Retention(departed_sums=sums))

    kept = await onlooker.fetch("SELECT day, cost_usd, calls FROM forgotten_day ORDER BY day")
    assert (await held(db, gone), await held(db, stays)) == ({}, before)
    assert [row["cost_usd"] for row in kept] == ([Decimal("0.1")] * len(AGES) if sums else [])
    async with db.unit(OPERATORS_TRAIL) as unit:
        [change] = await unit.audit.newest()
    assert (change.action, change.subject) == ("workspace.forget", str(gone))


async def test_who_left_not_long_ago_stays_and_so_does_who_never_left(
    db: Database, two: tuple[UUID, UUID], onlooker: asyncpg.Connection
) -> None:
    before = [await held(db, owner) for owner in two]
    await left(onlooker, two[0], 89)

    await drop_old(db, Retention())

    assert [await held(db, owner) for owner in two] == before


async def test_each_day_goes_by_itself_and_who_comes_back_meanwhile_keeps_the_rest_whole(
    db: Database, two: tuple[UUID, UUID], onlooker: asyncpg.Connection
) -> None:
    gone, _ = two
    await left(onlooker, gone, 91)

    for _ in range(2):
        async with db.unit(gone) as unit:
            assert await unit.workspaces.forget_departed(90, sums=True)
    async with db.unit(gone) as unit:
        await unit.workspaces.welcome("T0ACME", "Acme", "U0LUCY")
    async with db.unit(gone) as unit:
        more = await unit.workspaces.forget_departed(90, sums=True)

    assert (more, len(await rows(db, gone))) == (False, len(AGES) - 2)
    assert await rollup(db, gone) == recomputed(await rows(db, gone))
    assert await onlooker.fetchval("SELECT sum(cost_usd) FROM forgotten_day") == Decimal("0.2")


@pytest.mark.parametrize("table", OLD)
async def test_old_rows_go_in_batches_and_younger_ones_stay(
    db: Database, workspace_id: UUID, onlooker: asyncpg.Connection, table: str
) -> None:
    column, too_old, young = OLD[table]
    for age in (*[too_old] * 3, young):
        await onlooker.execute(INSERTS[table], workspace_id)
        await onlooker.execute(
            f"UPDATE {table} SET {column} = now() - $1::text::interval WHERE {column} > now() - interval '1 day'", age
        )

    dropped = []
    for _ in range(2):
        async with db.operations() as operations:
            dropped.append(await operations.drop_old(table, BATCHES.limits[table], 1))
    await drop_old(db, BATCHES)

    assert dropped == [1, 1]
    assert await onlooker.fetchval(f"SELECT count(*) FROM {table}") == 1


async def test_without_a_limit_nothing_is_dropped(
    db: Database, workspace_id: UUID, onlooker: asyncpg.Connection
) -> None:
    for table in ("audit_log", "choice"):
        await onlooker.execute(INSERTS[table], workspace_id)
        await onlooker.execute(f"UPDATE {table} SET {OLD[table][0]} = now() - interval '20 years'")

    await drop_old(db, Retention())

    counts = [await onlooker.fetchval(f"SELECT count(*) FROM {table}") for table in ("audit_log", "choice")]
    assert counts == [1, 1]
