"""A unit is one transaction, whoever speaks in it; a database that can't answer is away, by either road."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest
from sqlalchemy import text

from bot.db.connections import driver_of
from bot.db.database import Database
from bot.db.encryption import Cipher
from bot.errors import DatabaseAway
from tests.costs.ledger import opened, rollup, rows

Road = Callable[[Database, str], Awaitable[None]]
LEFT_OPEN = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'"
)
OTHERS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


async def by_session(db: Database, statement: str) -> None:
    async with db._session() as session:
        await session.execute(text(statement))


async def by_driver(db: Database, statement: str) -> None:
    async with db._session() as session:
        await driver_of(session).execute(statement)


async def others(db: Database) -> int:
    """How many of OTHERS are still going."""
    async with db._session() as session:
        found = await session.execute(text(OTHERS))
    return len(found.all())


async def both_then_away(db: Database, statement: str) -> None:
    async with db._session() as session:
        await session.execute(text(statement))
        await driver_of(session).execute(statement)
        raise ConnectionResetError


both_roads = pytest.mark.parametrize("road", [by_session, by_driver])


@both_roads
async def test_what_either_road_wrote_is_undone_together(db: Database, workspace_id: UUID, road: Road) -> None:
    key = await opened(db, workspace_id)
    forget = f"DELETE FROM cost_log WHERE id = '{key.id}'"

    with pytest.raises(DatabaseAway):
        await both_then_away(db, forget)

    assert [row.id for row in await rows(db, workspace_id)] == [key.id]
    await road(db, forget)
    assert await rows(db, workspace_id) == []


@both_roads
async def test_a_connection_that_is_cut_means_the_database_is_away(db: Database, road: Road) -> None:
    with pytest.raises(DatabaseAway):
        await road(db, "SELECT pg_terminate_backend(pg_backend_pid())")

    await db.ping()


@both_roads
async def test_a_statement_that_takes_too_long_means_it_is_away(database_url: str, cipher: Cipher, road: Road) -> None:
    hasty = Database.open(database_url, cipher, statement_timeout_s=0.05)

    with pytest.raises(DatabaseAway):
        await road(hasty, "SELECT pg_sleep(5)")

    await hasty.ping()
    await hasty.close()


async def test_a_cancel_at_any_moment_leaves_no_transaction_behind(
    db: Database, database_url: str, cipher: Cipher, workspace_id: UUID
) -> None:
    small = Database.open(database_url, cipher, pool_size=2)
    for turns in range(60):
        writing = asyncio.create_task(opened(small, workspace_id))
        for _ in range(turns % 30):
            await asyncio.sleep(0)
        await asyncio.sleep(turns % 7 / 5000)
        cut = writing.cancel()
        await asyncio.wait({writing})
        assert writing.cancelled() == cut, "a cancel must not turn into another error"

    keys = {(await opened(small, workspace_id)).id for _ in range(4)}

    assert keys <= {row.id for row in await rows(db, workspace_id)}
    async with db._session() as session:
        left = await session.scalar(text(LEFT_OPEN))
    assert left == 0
    await small.close()


async def test_connections_that_were_cut_while_idle_are_passed_over(
    db: Database, database_url: str, cipher: Cipher, workspace_id: UUID
) -> None:
    await opened(db, workspace_id)
    another = Database.open(database_url, cipher)
    await by_session(another, OTHERS)
    async with asyncio.timeout(10):
        while await others(another):
            await asyncio.sleep(0.02)

    await opened(db, workspace_id)

    assert len(await rows(db, workspace_id)) == 2
    assert await rollup(db, workspace_id) == {}
    await another.close()
