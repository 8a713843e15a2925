"""A digest stands in its channel once, whatever dies."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

import asyncpg
import pytest

from bot.costs.reports import Reports
from bot.db.database import Database
from bot.db.ids import workspace_id_of
from bot.digests.run import DigestRunner
from tests.digests.channel import MemoryChannel

TOMORROW = (datetime.now(UTC) + timedelta(days=1)).replace(hour=9, minute=0)
KEY = f"digest:{(TOMORROW - timedelta(days=1)).date()}"


@pytest.fixture
def channel() -> MemoryChannel:
    return MemoryChannel()


@pytest.fixture
async def runner(db: Database, workspace_id: UUID, channel: MemoryChannel) -> DigestRunner:
    async with db.unit(workspace_id) as unit:
        await unit.digests.want("C1", time(9), "UTC", "UBOSS")
    return DigestRunner(db, Reports(db, "big/model"), channel)


async def lease_ends(database_url: str) -> None:
    connection = await asyncpg.connect(database_url.replace("+asyncpg", ""))
    await connection.execute("UPDATE digest_run SET leased_until = now() - interval '1 second'")
    await connection.close()


async def test_many_replicas_and_ticks_post_it_once(
    runner: DigestRunner, channel: MemoryChannel, workspace_id: UUID
) -> None:
    posted = await asyncio.gather(*(runner.tick(TOMORROW) for _ in range(5)))
    again = await runner.tick(TOMORROW + timedelta(hours=1))

    assert (sum(posted), again) == (1, 0)
    assert channel.posts == [(workspace_id, "C1", KEY)]


async def test_after_days_of_downtime_only_the_latest_is_caught_up(
    runner: DigestRunner, channel: MemoryChannel
) -> None:
    later = TOMORROW + timedelta(days=5)

    await runner.tick(later)

    assert [key for _, _, key in channel.posts] == [f"digest:{(later - timedelta(days=1)).date()}"]


async def test_a_lost_answer_is_looked_up_after_the_lease_not_posted_again(
    runner: DigestRunner, channel: MemoryChannel, database_url: str
) -> None:
    channel.lose_answers = True

    assert await runner.tick(TOMORROW) == 0
    assert await runner.tick(TOMORROW) == 0
    assert channel.looked == 0
    await lease_ends(database_url)
    assert await runner.tick(TOMORROW) == 1

    assert (len(channel.posts), channel.looked) == (1, 1)


async def test_a_channel_that_refuses_is_told_once_to_whoever_set_it(
    runner: DigestRunner, channel: MemoryChannel
) -> None:
    channel.refuse = "not_in_channel"

    await runner.tick(TOMORROW)
    await runner.tick(TOMORROW)

    [(who, sentence)] = channel.told
    assert who == "UBOSS"
    assert "<#C1>" in sentence


async def test_a_workspace_in_trouble_does_not_keep_others_waiting(
    db: Database, runner: DigestRunner, channel: MemoryChannel, workspace_id: UUID
) -> None:
    other = workspace_id_of("T0OTHER")
    async with db.unit(other) as unit:
        await unit.digests.want("C9", time(9), "UTC", "U9")
    channel.broken = workspace_id

    await runner.tick(TOMORROW)

    assert channel.posts == [(other, "C9", KEY)]


async def test_a_digest_switched_off_is_not_posted(
    db: Database, runner: DigestRunner, channel: MemoryChannel, workspace_id: UUID
) -> None:
    async with db.unit(workspace_id) as unit:
        await unit.digests.stop()

    assert await runner.tick(TOMORROW) == 0
    assert channel.posts == []
