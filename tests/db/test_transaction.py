"""A unit is one transaction, whoever speaks in it; a database that can't answer is away, by either road."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import text

from bot.db.connections import driver_of
from bot.db.costs import OpenAttempt
from bot.db.database import Database
from bot.db.encryption import Cipher
from bot.db.ids import workspace_id_of
from bot.db.unit import Unit
from bot.errors import DatabaseAway, LeaseLost
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


async def cut_others(db: Database) -> None:
    """Every connection but ours is gone."""
    async with asyncio.timeout(10):
        while await others(db):
            await asyncio.sleep(0.02)


async def others(db: Database) -> int:
    """Cut them; how many there were."""
    async with db._session() as session:
        found = await session.execute(text(OTHERS))
    return len(found.all())


async def both_then_away(db: Database, statement: str) -> None:
    async with db._session() as session:
        await session.execute(text(statement))
        await driver_of(session).execute(statement)
        raise ConnectionResetError


async def by_driver_again(unit: Unit) -> None:
    await driver_of(unit.session).execute("SELECT 2")


async def by_session_again(unit: Unit) -> None:
    await unit.session.execute(text("SELECT 2"))


Statement = Callable[[Unit], Awaitable[None]]
both_statements = pytest.mark.parametrize("second", [by_driver_again, by_session_again])
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
    await cut_others(another)

    await opened(db, workspace_id)

    assert len(await rows(db, workspace_id)) == 2
    assert await rollup(db, workspace_id) == {}
    await another.close()


@pytest.mark.parametrize("single", [True, False])
async def test_a_single_statement_is_one_trip_and_done_when_it_returns(
    db: Database, database_url: str, cipher: Cipher, workspace_id: UUID, single: bool
) -> None:
    narrow = Database.open(database_url, cipher, pool_size=1)
    key = await opened(narrow, workspace_id)
    heard = listen(narrow)

    with pytest.raises(LeaseLost):
        await forget_and_fail(narrow, key, single=single)
    await asyncio.sleep(0)  # the driver tells of a statement in the loop's next round

    assert len(heard) == (1 if single else 3)
    assert bool(await rows(db, workspace_id)) is not single
    await narrow.close()


@both_statements
async def test_a_second_statement_of_a_single_unit_is_refused(
    db: Database, workspace_id: UUID, second: Statement
) -> None:
    with pytest.raises(AssertionError, match="single statement"):
        await twice(db, workspace_id, second)

    async with db.unit(workspace_id, single=True) as unit:
        assert await driver_of(unit.session).fetchval("SELECT 1") == 1


async def test_a_single_statement_passes_over_a_connection_that_was_cut_while_idle(
    database_url: str, cipher: Cipher, workspace_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.db.transaction._SURELY_THERE_S", 0)
    narrow, another = (Database.open(database_url, cipher, pool_size=1) for _ in range(2))
    await opened(narrow, workspace_id)
    await cut_others(another)

    async with narrow.unit(workspace_id, single=True) as unit:
        assert await driver_of(unit.session).fetchval("SELECT 1") == 1

    for database in (narrow, another):
        await database.close()


@pytest.mark.parametrize("how", ["caught", "ours"])
async def test_a_connection_whose_step_into_a_workspace_was_undone_takes_it_again(
    database_url: str, cipher: Cipher, workspace_id: UUID, how: str
) -> None:
    narrow, other = Database.open(database_url, cipher, pool_size=1), workspace_id_of("T0OTHER")
    async with narrow.unit(other):
        """The connection stands in another workspace."""
    with suppress(LeaseLost):
        async with narrow.unit(workspace_id) as unit:
            with pytest.raises(asyncpg.DivisionByZeroError):
                await driver_of(unit.session).execute("SELECT 1 / 0")
            if how == "ours":
                raise LeaseLost

    async with narrow.unit(workspace_id, single=True) as unit:
        stands = await driver_of(unit.session).fetchval("SELECT current_setting('lucy.workspace_id')")

    assert stands == str(workspace_id)
    await narrow.close()


async def forget_and_fail(db: Database, key: OpenAttempt, *, single: bool) -> None:
    async with db.unit(key.workspace_id, single=single) as unit:
        await driver_of(unit.session).execute(f"DELETE FROM cost_log WHERE id = '{key.id}'")
        raise LeaseLost


async def twice(db: Database, workspace_id: UUID, second: Statement) -> None:
    async with db.unit(workspace_id, single=True) as unit:
        await driver_of(unit.session).execute("SELECT 1")
        await second(unit)


def listen(db: Database) -> list[str]:
    """What is said from now on over the connections that are open."""
    heard: list[str] = []
    for held in db._connections._idle:
        held.driver.add_query_logger(lambda said: heard.append(said.query))
    return heard
