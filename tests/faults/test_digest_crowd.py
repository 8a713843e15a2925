"""Five replicas and one digest: whoever dies, whatever their clocks say, it stands in its channel once a day."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

import asyncpg
import pytest

from bot.db.database import Database
from bot.db.digests import Kind
from bot.digests.compose import Composer
from bot.digests.run import DigestRunner
from bot.sandbox.sandbox import Sandbox
from tests.digests.channel import MemoryChannel
from tests.tracked import ROOT

CHANNEL, REPLICAS = "C0GENERAL", 5
POSTED, NOTHING_TO_DO = 0, 1
TOMORROW = (datetime.now(UTC) + timedelta(days=1)).replace(hour=9, minute=0)
AN_HOUR = timedelta(hours=1)


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_a_replica_killed_between_its_post_and_its_commit_leaves_one_digest(
    db: Database, workspace_id: UUID, onlooker: asyncpg.Connection, sandbox: Sandbox
) -> None:
    async with db.unit(workspace_id) as unit:
        await unit.digests.want(Kind.DAILY, CHANNEL, time(9), "UTC", "U0ADA")
    post = sandbox.slack.faults.hold("chat.postMessage", done=True)
    replicas = [await ticking(db, sandbox) for _ in range(REPLICAS)]
    ends = {asyncio.create_task(replica.wait()): replica for replica in replicas}

    await post.arrived()
    while sum(end.done() for end in ends) < REPLICAS - 1:
        await asyncio.wait([end for end in ends if not end.done()], return_when=asyncio.FIRST_COMPLETED)
    [poster] = [replica for end, replica in ends.items() if not end.done()]
    poster.kill()
    await asyncio.wait(ends)
    post.lose()
    under_its_lease = await all_tick(db, sandbox)
    await onlooker.execute("UPDATE digest_run SET leased_until = now()")
    after_it = await all_tick(db, sandbox)

    assert [end.result() for end in ends if end.result() >= 0] == [NOTHING_TO_DO] * (REPLICAS - 1)
    assert under_its_lease == [NOTHING_TO_DO] * REPLICAS
    assert sorted(after_it) == [POSTED] + [NOTHING_TO_DO] * (REPLICAS - 1)
    assert len([said for said in sandbox.slack.messages(CHANNEL) if said["user"] == "U0LUCY"]) == 1
    assert await onlooker.fetch("SELECT state FROM digest_run") == [("posted",)]


@pytest.mark.parametrize(
    ("first", "at"),
    [
        pytest.param("2027-10-30", "02:30", id="the hour that comes twice"),
        pytest.param("2027-03-27", "02:30", id="the hour that is left out"),
        pytest.param("2028-02-28", "00:15", id="a leap day"),
    ],
)
async def test_replicas_whose_clocks_are_an_hour_off_post_each_local_day_once(
    db: Database, workspace_id: UUID, onlooker: asyncpg.Connection, first: str, at: str
) -> None:
    async with db.unit(workspace_id) as unit:
        await unit.digests.want(Kind.DAILY, CHANNEL, time.fromisoformat(at), "Europe/Berlin", "U0ADA")
    begin = datetime.fromisoformat(f"{first}T12:00+00:00")
    await onlooker.execute("UPDATE digest_setting SET set_at = $1", begin)
    channel = MemoryChannel()
    replicas = [DigestRunner(db, Composer(db, "big/model"), channel) for _ in range(3)]

    for half_hours in range(3 * 48):
        now = begin + half_hours * AN_HOUR / 2
        clocks = (now - AN_HOUR, now, now + AN_HOUR)
        await asyncio.gather(*(replica.tick(clock) for replica, clock in zip(replicas, clocks, strict=True)))

    days = [begin.date() + timedelta(days=days) for days in range(3)]
    assert [key for _, _, key in channel.posts] == [f"digest:{day}" for day in days]


async def ticking(db: Database, sandbox: Sandbox) -> asyncio.subprocess.Process:
    """One replica's tick, begun."""
    slack = sandbox.slack
    where = (db.url, slack.api_url, slack.state.bot_token, TOMORROW.isoformat())
    return await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.digests.ticker", *where, cwd=ROOT)


async def all_tick(db: Database, sandbox: Sandbox) -> list[int]:
    """What the ticks of all replicas ended with."""
    replicas = [await ticking(db, sandbox) for _ in range(REPLICAS)]
    return await asyncio.gather(*(replica.wait() for replica in replicas))
