"""Connections are lent to one unit at a time, and remember nothing of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextvars import Context
from uuid import UUID

import pytest
from sqlalchemy import update
from sqlalchemy.pool import NullPool

from bot.db.connections import Connections
from bot.db.database import Database, engine_for
from bot.db.encryption import Cipher
from bot.db.tables import WorkspaceRow
from bot.errors import DatabaseAway


@pytest.fixture
async def narrow(database_url: str, cipher: Cipher) -> AsyncIterator[Database]:
    """One connection for everybody."""
    engine = engine_for(database_url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    database = Database(Connections(engine, 1, patience_s=0.2), cipher)
    await database.ping()
    yield database
    await database.close()


async def test_who_finds_none_free_for_too_long_is_told_that_the_database_is_away(
    narrow: Database, workspace_id: UUID
) -> None:
    async with narrow.unit(workspace_id):
        with pytest.raises(DatabaseAway, match=r"no connection was free for 0\.2 s"):
            await elsewhere(narrow)

    await narrow.ping()


async def test_who_is_cancelled_while_waiting_takes_no_place(narrow: Database, workspace_id: UUID) -> None:
    async with narrow.unit(workspace_id):
        waiting = [elsewhere(narrow) for _ in range(3)]
        await asyncio.sleep(0)
        for task in waiting:
            task.cancel()
        await asyncio.wait(waiting)

    await narrow.ping()


async def test_a_unit_sees_nothing_that_an_earlier_one_remembers(
    narrow: Database, db: Database, workspace_id: UUID
) -> None:
    async with narrow.unit(workspace_id) as unit:
        held = await unit.session.get(WorkspaceRow, workspace_id)
    async with db.unit(workspace_id) as unit:
        await unit.session.execute(update(WorkspaceRow).values(name="renamed"))

    async with narrow.unit(workspace_id) as unit:
        seen = await unit.session.get(WorkspaceRow, workspace_id)

    assert held is not seen
    assert seen is not None
    assert seen.name == "renamed"


def elsewhere(db: Database) -> asyncio.Task[None]:
    """A unit of somebody else, not inside ours."""
    return asyncio.create_task(db.ping(), context=Context())
