"""A digest stands in its channel once, whatever dies."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

import asyncpg
import pytest

from bot.db.database import Database
from bot.db.digests import Kind, Quiet
from bot.db.ids import workspace_id_of
from bot.digests.compose import Composer
from bot.digests.run import DigestRunner
from tests.costs.spending import Spent, spend
from tests.digests.channel import MemoryChannel

TOMORROW = (datetime.now(UTC) + timedelta(days=1)).replace(hour=9, minute=0)
KEY = f"digest:{(TOMORROW - timedelta(days=1)).date()}"


@pytest.fixture
def channel() -> MemoryChannel:
    return MemoryChannel()


@pytest.fixture
async def runner(db: Database, workspace_id: UUID, channel: MemoryChannel) -> DigestRunner:
    async with db.unit(workspace_id) as unit:
        await unit.digests.want(Kind.DAILY, "C1", time(9), "UTC", "UBOSS")
    return DigestRunner(db, Composer(db, "big/model"), channel)


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
        await unit.digests.want(Kind.DAILY, "C9", time(9), "UTC", "U9")
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


@pytest.mark.parametrize(("kind", "days"), [(Kind.WEEKLY, 7), (Kind.MONTHLY, 31)])
async def test_a_weekly_and_a_monthly_digest_are_posted_once_beside_the_daily(
    db: Database, runner: DigestRunner, channel: MemoryChannel, workspace_id: UUID, kind: Kind, days: int
) -> None:
    async with db.unit(workspace_id) as unit:
        await unit.digests.want(kind, "C2", time(9), "UTC", "UBOSS")
    last = TOMORROW + timedelta(days=days)

    posted = await asyncio.gather(*(runner.tick(last) for _ in range(4)))

    assert sum(posted) == 2
    assert {(where, key.count(kind)) for _, where, key in channel.posts} == {("C1", 0), ("C2", 1)}


async def test_one_kind_is_switched_off_and_the_other_stays(
    db: Database, runner: DigestRunner, channel: MemoryChannel, workspace_id: UUID
) -> None:
    async with db.unit(workspace_id) as unit:
        await unit.digests.want(Kind.WEEKLY, "C2", time(9), "UTC", "UBOSS")
        await unit.digests.stop(Kind.WEEKLY)

    await runner.tick(TOMORROW + timedelta(days=7))

    assert [where for _, where, _ in channel.posts] == ["C1"]


async def test_what_settled_late_is_restated_the_next_day_and_only_then(
    db: Database, runner: DigestRunner, channel: MemoryChannel, workspace_id: UUID
) -> None:
    today = TOMORROW - timedelta(days=1)
    await spend(db, workspace_id, today, Spent("4"))
    await runner.tick(TOMORROW)
    await spend(db, workspace_id, today, Spent("0.12"))

    await runner.tick(TOMORROW + timedelta(days=1))
    await runner.tick(TOMORROW + timedelta(days=2))

    first, second, third = (digest.revision for digest in channel.digests)
    assert (first, third) == (None, None)
    assert second
    assert (second.said_usd, second.now_usd, second.span.last) == (4, Decimal("4.12"), today.date())


async def test_a_quiet_day_is_a_line_or_silence_and_silence_is_kept_once(
    db: Database, runner: DigestRunner, channel: MemoryChannel, workspace_id: UUID
) -> None:
    await runner.tick(TOMORROW)
    async with db.unit(workspace_id) as unit:
        await unit.digests.show(quiet=Quiet.SILENT)
    await spend(db, workspace_id, TOMORROW + timedelta(days=1), Spent("1"))

    posted = [await runner.tick(TOMORROW + timedelta(days=days)) for days in (1, 1, 2)]

    assert posted == [0, 0, 1]
    assert [digest.total.calls for digest in channel.digests] == [0, 1]


async def test_people_are_counted_where_that_is_wished_and_stay_so_for_new_kinds(
    db: Database, runner: DigestRunner, channel: MemoryChannel, workspace_id: UUID
) -> None:
    async with db.unit(workspace_id) as unit:
        await unit.digests.show(people=False)
        await unit.digests.want(Kind.WEEKLY, "C2", time(9), "UTC", "UBOSS")
        weekly = await unit.digests.setting(Kind.WEEKLY)
    await spend(db, workspace_id, TOMORROW - timedelta(days=1), Spent("1", user="USECRET"))

    await runner.tick(TOMORROW)

    [digest] = channel.digests
    assert "USECRET" not in str(digest)
    assert weekly
    assert not weekly.people


async def test_a_crash_before_the_post_leaves_it_to_the_next_who_posts_once(
    runner: DigestRunner, channel: MemoryChannel, database_url: str
) -> None:
    channel.dies = True
    with pytest.raises(asyncio.CancelledError):
        await runner.tick(TOMORROW)
    channel.dies = False

    assert await runner.tick(TOMORROW) == 0
    await lease_ends(database_url)
    assert [await runner.tick(TOMORROW), await runner.tick(TOMORROW)] == [1, 0]

    assert len(channel.posts) == 1
