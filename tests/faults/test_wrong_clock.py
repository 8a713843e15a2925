"""Replicas whose machines' clocks are an hour off: leases, rows and digests go by the database's clock."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from bot.db.database import Database
from bot.db.digests import Kind
from bot.sandbox.sandbox import Sandbox
from tests import wrong_clock
from tests.faults.fleet import Fleet
from tests.faults.stage import CHANNEL, QUICK, Stage
from tests.faults.talk import Asked
from tests.faults.verdict import judge
from tests.lucy_process import Running
from tests.onlooker import until

AN_HOUR_S = 3660
"""And a minute, for whatever thinks that an hour is enough."""
CLOCKS = (0, AN_HOUR_S, -AN_HOUR_S)
SETTINGS = QUICK | {
    "LUCY_LEASE_S": "10",
    "LUCY_CONCURRENCY": "1",
    "LUCY_LOG_LEVEL": "INFO",
    "LUCY_LOG_FORMAT": "json",
}
LOAD = 6
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def fleet(sandbox: Sandbox, database_url: str, tmp_path: Path) -> Fleet:
    """Each place has its clock, and its log in a file."""

    async def start(folder: Path, env: Mapping[str, str]) -> asyncio.subprocess.Process:
        ahead_s = CLOCKS[int(folder.name.removeprefix("replica"))]
        command = wrong_clock.python(ahead_s, "from bot.__main__ import main; main()")
        with (folder / "log").open("wb") as log:
            return await asyncio.create_subprocess_exec(*command, "run", cwd=folder, env=env, stderr=log)

    return Fleet(sandbox, database_url, tmp_path, SETTINGS, start)


@pytest.fixture
async def lucys(fleet: Fleet) -> AsyncIterator[list[Running]]:
    """One whose clock is right, one an hour ahead, one an hour behind."""
    async with AsyncExitStack() as stack:
        async with asyncio.TaskGroup() as group:
            starts = [group.create_task(stack.enter_async_context(fleet.lucy(place))) for place in range(len(CLOCKS))]
        yield [start.result() for start in starts]


async def test_with_clocks_an_hour_off_no_ask_is_taken_early_left_waiting_or_answered_twice(
    stage: Stage, fleet: Fleet, lucys: list[Running], db: Database
) -> None:
    clocks = [await clock_of(lucy) for lucy in lucys]
    [right, *wrong] = lucys
    stage.gemini.answer_s = 3.0
    mentions = [stage.mention("hello") for _ in range(1 + LOAD)]

    refused = [await told_at(stage, lucy, mentions[0]) for lucy in wrong]
    heard = [await fleet.deliver(mentions[0])]
    heard += [status == 200 for status in await asyncio.gather(*(told_at(stage, right, each) for each in mentions[1:]))]
    await until(lambda: all_work(stage, lucys))
    left = await killed_at_work(stage, right)
    taken = await stage.onlooker.fetchval("SELECT max(attempts) FROM inbox")
    stage.gemini.answer_s = 0.0
    await stage.all_done()

    warned = [[line["ahead_s"] for line in logged(lucy, "clock_differs_from_database")] for lucy in lucys]
    assert clocks == [pytest.approx(ahead_s, abs=300) for ahead_s in CLOCKS]
    assert warned == [[], [pytest.approx(AN_HOUR_S, abs=30)], [pytest.approx(-AN_HOUR_S, abs=30)]]
    assert (refused, taken) == ([401, 401], 1)
    assert await stage.taken(left, times=2)
    assert await stage.onlooker.fetchval("SELECT max(abs(extract(epoch FROM created_at - now()))) FROM cost_log") < 300
    asked = [Asked(each["ts"], each["ts"], ok, is_hello) for each, ok in zip(mentions, heard, strict=True)]
    verdict = await judge(asked, stage.sandbox, (stage.onlooker, db))
    assert (verdict.faults, verdict.excused, verdict.acknowledged) == ([], 0, 1 + LOAD)


@pytest.mark.parametrize("due_in", [timedelta(minutes=30), timedelta(minutes=-30)], ids=["soon due", "just due"])
async def test_a_digest_is_due_when_the_databases_clock_says_so(
    db: Database, workspace_id: UUID, onlooker: asyncpg.Connection, sandbox: Sandbox, due_in: timedelta
) -> None:
    now = await onlooker.fetchval("SELECT now()")
    async with db.unit(workspace_id) as unit:
        await unit.digests.want(Kind.DAILY, CHANNEL, (now + due_in).time(), "UTC", "U0ADA")
    await onlooker.execute("UPDATE digest_setting SET set_at = now() - interval '7 days'")

    await asyncio.gather(*(tick(db, sandbox, ahead_s) for ahead_s in CLOCKS))

    fell_due = now + due_in - (timedelta(days=1) if due_in > timedelta() else timedelta())
    yesterday = fell_due.date() - timedelta(days=1)
    assert await onlooker.fetch("SELECT local_date, state FROM digest_run") == [(yesterday, "posted")]


async def tick(db: Database, sandbox: Sandbox, ahead_s: float) -> None:
    """The digests' tick of a replica with such a clock."""
    command = wrong_clock.python(ahead_s, "import runpy; runpy.run_module('tests.digests.ticker', run_name='__main__')")
    where = (db.url, sandbox.slack.api_url, sandbox.slack.state.bot_token)
    assert await (await asyncio.create_subprocess_exec(*command, *where)).wait() in {0, 1}


async def clock_of(lucy: Running) -> float:
    """By how many seconds she is ahead: from the time at which her log says that she became ready."""
    await until(lambda: bool(logged(lucy, "ready")))
    [ready] = logged(lucy, "ready")
    return (datetime.fromisoformat(ready["timestamp"]) - datetime.now(UTC)).total_seconds()


async def told_at(stage: Stage, lucy: Running, mention: dict[str, Any]) -> int:
    """The status with which one of them meets a delivery."""
    stage.slack.delivery.events_url = f"http://127.0.0.1:{lucy.port}/slack/events"
    return (await stage.deliver(mention))[1]


async def all_work(stage: Stage, lucys: list[Running]) -> bool:
    """True when each of them holds an ask."""
    return all([await held(stage, lucy) for lucy in lucys])


async def held(stage: Stage, lucy: Running) -> list[str]:
    """The ts of what she works at."""
    rows = await stage.onlooker.fetch(
        "SELECT ts FROM inbox WHERE state = 'leased' AND split_part(worker, ':', 2) = $1", str(lucy.pid)
    )
    return [row["ts"] for row in rows]


async def killed_at_work(stage: Stage, lucy: Running) -> str:
    """Kill her while she holds an ask; its ts."""
    while True:
        lucy.freeze()
        if found := await held(stage, lucy):
            await lucy.kill()
            return found[0]
        lucy.thaw()
        await asyncio.sleep(0.1)


def is_hello(said: object) -> bool:
    return said == ["Hello! What can I do for you?"]


def logged(lucy: Running, event: str) -> list[dict[str, Any]]:
    """The lines of her log about an event."""
    lines = (lucy.home.parent / "log").read_text().splitlines()
    return [line for line in map(json.loads, lines) if line["event"] == event]
