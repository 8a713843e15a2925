"""Several Lucys on one database: whoever is told, whoever ticks, whoever is replaced, everything happens once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import asyncpg
import pytest

from bot.db.budgets import Mode
from bot.db.database import Database
from bot.sandbox.sandbox import Sandbox
from tests.costs.budgeting import WORKSPACE, limit
from tests.faults.fleet import Fleet
from tests.faults.nursery import nursery
from tests.faults.plan import REPLICAS
from tests.faults.stage import ANSWERED, CHANNEL, QUICK, Stage
from tests.faults.talk import Talk
from tests.faults.verdict import ACME, judge
from tests.onlooker import until

TICKS_EVERY_S = 30
_A_DIGEST_IS_DUE = (
    "INSERT INTO digest_setting (workspace_id, kind, channel_id, at, zone, set_by, set_at)"
    " VALUES ($1, 'daily', $2, '00:00', 'UTC', 'U0ADA', now() - interval '3 days')"
)
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
async def fleet(sandbox: Sandbox, database_url: str, tmp_path: Path) -> AsyncIterator[Fleet]:
    """Where Lucys can be started quickly."""
    async with nursery() as lucys:
        yield Fleet(sandbox, database_url, tmp_path, QUICK, lucys.start)


async def test_the_same_event_at_two_replicas_at_once_and_again_later_is_one_ask(stage: Stage, fleet: Fleet) -> None:
    async with fleet.lucy(0), fleet.lucy(1):
        mention = stage.mention("hello")

        at_once = await asyncio.gather(*(fleet.deliver(mention) for _ in range(4)))
        await stage.all_done()
        again = [await fleet.deliver(mention) for _ in range(2)]
        await stage.all_done()

    assert at_once + again == [True] * 6
    assert await stage.inbox(mention["ts"]) == [ANSWERED]
    assert len(stage.answers(mention["ts"])) == 1
    await stage.check_books()


async def test_fifty_mentions_in_one_thread_are_answered_in_order_by_three_lucys(stage: Stage, fleet: Fleet) -> None:
    root = stage.slack.state.add(CHANNEL, {"user": "U0BEN", "text": "plain talk"})["ts"]
    stage.gemini.answers(*(f"answer {number}" for number in range(50)))
    async with fleet.lucy(0), fleet.lucy(1), fleet.lucy(2):
        for number in range(50):
            said = {"user": "U0BEN", "text": f"<@U0LUCY> tier 1: what is number {number}?", "thread_ts": root}
            message = stage.slack.state.add(CHANNEL, said)
            assert await fleet.deliver({**message, "type": "app_mention", "channel": CHANNEL})
        while await stage.waiting():
            await asyncio.sleep(0.1)

    assert stage.answers(root) == [f"answer {number}" for number in range(50)]
    await stage.check_books()


async def test_a_rolling_deploy_under_load_loses_and_doubles_nothing(
    sandbox: Sandbox, fleet: Fleet, onlooker: asyncpg.Connection, db: Database
) -> None:
    talk, over = Talk(sandbox, fleet, "a deploy"), asyncio.Event()
    async with AsyncExitStack() as stack:
        olds = []
        for place in range(REPLICAS):
            leaving = await stack.enter_async_context(AsyncExitStack())
            olds.append((await leaving.enter_async_context(fleet.lucy(place)), leaving))
        talking = asyncio.create_task(talk.until(over))
        for place, (old, leaving) in enumerate(olds):
            await talk.quiet(answers=10)
            await stack.enter_async_context(fleet.lucy(REPLICAS + place))
            await old.stop()
            await leaving.aclose()
            assert old.process.returncode == 0
        await talk.quiet(answers=10)
        over.set()
        await talking
        await until(lambda: nothing_waits(onlooker))

    verdict = await judge(talk.asked, sandbox, (onlooker, db))
    assert verdict.faults == []
    assert verdict.acknowledged == verdict.asked > 10 * REPLICAS


async def test_the_schedules_of_three_replicas_tick_and_what_they_do_is_done_once(
    stage: Stage, fleet: Fleet, db: Database
) -> None:
    async with fleet.lucy(0), fleet.lucy(1), fleet.lucy(2):
        await limit(db, ACME, WORKSPACE, "0.000001", Mode.SOFT, "U0ADA")
        await stage.onlooker.execute(_A_DIGEST_IS_DUE, ACME, CHANNEL)
        assert await fleet.deliver(stage.mention("hello"))
        await stage.all_done()

        await asyncio.sleep(TICKS_EVERY_S + 2)

    told = [
        said["text"] for said in stage.slack.messages(CHANNEL) if said["user"] == "U0LUCY" and "thread_ts" not in said
    ]
    assert len(told) == 2, told
    assert await stage.onlooker.fetch("SELECT state FROM digest_run") == [("posted",)]


async def nothing_waits(onlooker: asyncpg.Connection) -> bool:
    """True when no ask is waiting or in work."""
    return not await onlooker.fetchval("SELECT count(*) FROM inbox WHERE state IN ('new', 'leased')")
