"""An ask comes in by one statement, which stores all of it or nothing."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import asyncpg
import pytest

from bot.db.arrivals import Arrival
from bot.db.crowds import Most
from bot.db.database import Database
from bot.db.ids import workspace_id_of
from bot.db.inbox import NewAsk
from tests.db.acme import ASK

AGAIN = replace(ASK, event_id="Ev7", user_id="U9")
LATER = replace(ASK, event_id="Ev2", ts="2.0", user_id="U2")
JOINED = "SELECT asker, begun, spoke, muted FROM joined_thread"
STORED = "SELECT event_id FROM inbox ORDER BY ts"


async def test_a_new_ask_is_stored_with_its_thread(
    db: Database, workspace_id: UUID, onlooker: asyncpg.Connection
) -> None:
    found = await take(db, workspace_id, ASK)

    assert found
    assert found.limit is None
    assert await onlooker.fetchval("SELECT task_id FROM inbox") == found.task_id
    assert [tuple(row) for row in await onlooker.fetch(JOINED)] == [("U1", True, "asker", False)]


async def test_what_is_known_moves_nothing(db: Database, workspace_id: UUID, onlooker: asyncpg.Connection) -> None:
    await take(db, workspace_id, ASK)

    found = await take(db, workspace_id, AGAIN, muted=True)

    assert found == Arrival(None, None)
    assert [tuple(row) for row in await onlooker.fetch(JOINED)] == [("U1", True, "asker", False)]


async def test_a_later_ask_in_the_thread_keeps_it_as_loud_as_it_was(
    db: Database, workspace_id: UUID, onlooker: asyncpg.Connection
) -> None:
    await take(db, workspace_id, ASK, muted=True)

    await take(db, workspace_id, LATER)

    assert [tuple(row) for row in await onlooker.fetch(JOINED)] == [("U2", True, "asker", True)]


async def test_a_direct_message_joins_no_thread(db: Database, workspace_id: UUID, onlooker: asyncpg.Connection) -> None:
    found = await take(db, workspace_id, replace(ASK, channel_type="im"))

    assert found
    assert found.task_id
    assert await onlooker.fetch(JOINED) == []


@pytest.mark.parametrize(
    ("most", "limit"),
    [(Most(of_person=1), "person"), (Most(in_thread=1), "thread"), (Most(of_workspace=1), "workspace")],
)
async def test_what_exceeds_a_limit_is_not_stored(
    db: Database, workspace_id: UUID, onlooker: asyncpg.Connection, most: Most, limit: str
) -> None:
    await take(db, workspace_id, ASK)

    found = await take(db, workspace_id, replace(LATER, user_id="U1"), most)

    assert found == Arrival(limit, None)
    assert [row["event_id"] for row in await onlooker.fetch(STORED)] == ["Ev1"]


@pytest.mark.parametrize("why", ["active = false", "disabled = true", "lost_since = now()"])
async def test_where_lucy_does_not_serve_nothing_is_stored(
    db: Database, workspace_id: UUID, onlooker: asyncpg.Connection, why: str
) -> None:
    await onlooker.execute(f"UPDATE workspace SET {why}")

    assert await take(db, workspace_id, ASK) is None
    assert await take(db, workspace_id_of("T0OTHER"), ASK) is None
    assert await onlooker.fetch(STORED) == []


async def take(
    db: Database, workspace_id: UUID, ask: NewAsk, most: Most | None = None, *, muted: bool | None = None
) -> Arrival | None:
    async with db.unit(workspace_id) as unit:
        return await unit.arrivals.take(ask, most or Most(), muted=muted)
