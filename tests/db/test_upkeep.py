"""What is finished is kept for seven days, and the words of what died no longer than that."""

from __future__ import annotations

from uuid import UUID

import asyncpg
import pytest

from bot.db.database import Database
from tests.test_recovery import claim, new_ask

ENDS = ("done", "dead")


@pytest.fixture
async def ended(db: Database, workspace_id: UUID, onlooker: asyncpg.Connection) -> asyncpg.Connection:
    """An ask that was answered and one that died, and a look at them."""
    for end, ts in zip(ENDS, ("1.0", "2.0"), strict=True):
        async with db.unit(workspace_id) as unit:
            await unit.inbox.add(new_ask(ts, ts))
        ask = await claim(db)
        async with db.unit(workspace_id) as unit:
            await unit.endings.end(ask.lease, end)
    return onlooker


async def test_for_a_week_what_is_finished_is_known_and_what_died_can_be_read(
    db: Database, ended: asyncpg.Connection
) -> None:
    await ended.execute("UPDATE inbox SET done_at = now() - interval '6 days 23 hours'")

    await clean(db)

    rows = await ended.fetch("SELECT state, sealed_text IS NOT NULL FROM inbox ORDER BY ts")
    assert [tuple(row) for row in rows] == [("done", False), ("dead", True)]


async def test_after_a_week_nothing_of_either_is_left(db: Database, ended: asyncpg.Connection) -> None:
    await ended.execute("UPDATE inbox SET done_at = now() - interval '7 days 1 hour'")

    await clean(db)

    assert await ended.fetch("SELECT * FROM inbox") == []


async def test_what_waits_is_never_cleaned_away(db: Database, workspace_id: UUID, onlooker: asyncpg.Connection) -> None:
    async with db.unit(workspace_id) as unit:
        await unit.inbox.add(new_ask("1.0", "1.0"))
    await onlooker.execute("UPDATE inbox SET created_at = now() - interval '30 days'")

    await clean(db)

    assert (await claim(db)).text


async def test_a_bucket_of_tokens_that_nobody_used_for_an_hour_is_dropped(
    db: Database, workspace_id: UUID, onlooker: asyncpg.Connection
) -> None:
    await onlooker.execute(
        "INSERT INTO slack_bucket SELECT $1, bucket, now() - bucket::interval FROM unnest('{2 hours,1 second}'::text[]) bucket",
        workspace_id,
    )

    await clean(db)

    assert [row["bucket"] for row in await onlooker.fetch("SELECT bucket FROM slack_bucket")] == ["1 second"]


async def test_a_thread_that_rested_for_a_month_has_no_floor_any_more_and_one_that_somebody_asked_for_keeps_it_for_a_year(
    db: Database, workspace_id: UUID, onlooker: asyncpg.Connection
) -> None:
    await onlooker.execute(
        "INSERT INTO thread_floor (workspace_id, channel_id, thread_ts, tier, source, task_id, set_at)"
        " SELECT $1, 'C1', source || days, 3, source, gen_random_uuid(), now() - make_interval(days => days)"
        " FROM unnest('{answer,asked}'::text[]) source CROSS JOIN unnest('{29,31,366}'::int[]) days",
        workspace_id,
    )

    await clean(db)

    left = await onlooker.fetch("SELECT thread_ts FROM thread_floor ORDER BY thread_ts")
    assert [row["thread_ts"] for row in left] == ["answer29", "asked29", "asked31"]


async def clean(db: Database) -> None:
    async with db.operations() as operations:
        await operations.clean()
