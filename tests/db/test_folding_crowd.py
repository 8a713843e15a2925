"""Folding while others settle: nobody waits for long, and nothing is lost."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import asyncpg
import pytest

from bot.costs.folding import fold
from bot.db.costs import OpenAttempt
from bot.db.database import Database
from bot.db.encryption import Cipher
from bot.db.folding import FOLDED
from bot.db.ids import new_id, workspace_id_of
from bot.errors import DatabaseAway
from tests.costs.ledger import FAST, SETTLED, UNKNOWN, by_day, move, recomputed, rollup, rows
from tests.costs.spending import Spent, spend
from tests.db.test_folding import FIRST, folded, table
from tests.onlooker import until_it_blocks


async def test_settlements_and_folding_at_once_lose_nothing(db: Database, workspace_id: UUID) -> None:
    keys = []
    async with db.unit(workspace_id) as unit:
        for n in range(80):
            at = FIRST + timedelta(minutes=15 * n)
            keys.append(await unit.costs.open(replace(FAST, id=new_id(), user_id=f"U{n % 3}"), 60, at=at))

    async def settle(some: list[OpenAttempt]) -> None:
        for key in some:
            await move(db, key, UNKNOWN)
        for n in range(0, len(some), 9):
            async with db.unit(workspace_id) as unit:
                await unit.costs.move_all([(key.id, key.created_at, SETTLED) for key in some[n : n + 9]])

    async def keep_folding() -> None:
        for _ in range(10):
            await fold(db)

    await asyncio.gather(*(settle(keys[n::3]) for n in range(3)), keep_folding(), keep_folding())

    assert by_day(await rollup(db, workspace_id)) == by_day(recomputed(await rows(db, workspace_id)))
    await fold(db)
    assert by_day(await rollup(db, workspace_id)) == by_day(recomputed(await rows(db, workspace_id)))


async def test_a_settlement_under_way_is_waited_for_not_overwritten(
    db: Database, workspace_id: UUID, onlooker: asyncpg.Connection
) -> None:
    await spend(db, workspace_id, FIRST, Spent("0.25"))
    async with onlooker.transaction():
        await onlooker.execute("UPDATE cost_rollup SET calls = calls + 1, cost_usd = cost_usd + 1")
        folding = asyncio.create_task(fold(db))
        await until_it_blocks(onlooker, "%WITH taken")
    await folding
    await fold(db)

    [total] = [row for row in await table(db, workspace_id) if row.dimension == "total"]
    assert (total.shard, total.calls, total.cost_usd) == (FOLDED, 2, Decimal("1.25"))


async def test_a_workspace_that_must_wait_is_in_nobodys_way(
    db: Database, database_url: str, cipher: Cipher, onlooker: asyncpg.Connection
) -> None:
    ours = [workspace_id_of(team) for team in ("T0ONE", "T0TWO", "T0THREE")]
    for workspace_id in ours:
        async with db.unit(workspace_id) as unit:
            await unit.workspaces.welcome(str(workspace_id), "Acme", "U0LUCY")
        await spend(db, workspace_id, FIRST, Spent("0.25"))
    hasty = Database.open(database_url, cipher, statement_timeout_s=0.3)
    async with onlooker.transaction():
        await onlooker.execute("UPDATE cost_rollup SET calls = calls WHERE workspace_id = $1", ours[1])
        with pytest.raises(DatabaseAway):
            await fold(hasty)
    await hasty.close()

    assert [await folded(db, workspace_id) for workspace_id in ours] == [True, False, True]
    await fold(db)
    assert await folded(db, ours[1])
