"""PostgreSQL stands still, then is gone: Slack hears 500 in time, nobody dies, and everything is answered once after it."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

import aiohttp
import asyncpg
import pytest
from sqlalchemy import make_url

from bot.db.local_postgres import LocalPostgres
from bot.sandbox.providers.vendor import Mode
from bot.sandbox.sandbox import Sandbox
from tests.db.conftest import home as home
from tests.db.conftest import postmaster
from tests.faults.stage import ANSWERED, Stage
from tests.lucy_process import Running
from tests.onlooker import until

AWAY_S, BACK_WITHIN_S, ANSWERS_WITHIN_MS = 7.0, 10.0, 2000.0


@pytest.fixture
async def stage(sandbox: Sandbox, home: Path, tmp_path: Path) -> AsyncIterator[Stage]:
    """A stage whose database is a server of its own."""
    url = await LocalPostgres(home).start()
    async with AsyncExitStack() as processes:
        yield Stage(sandbox, url, await looking_at(url), tmp_path, processes)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("outage", ["it stands still", "connections are refused"])
async def test_while_the_database_is_away_slack_hears_500_in_time_and_then_everything_is_answered_once(
    stage: Stage, home: Path, outage: str
) -> None:
    lucy = await stage.lucy()
    stage.gemini.mode, stage.gemini.slow_s = Mode.SLOW, 1.0
    in_work = [await stage.say("hello") for _ in range(3)]
    await until(lambda: len(stage.gemini.requests) >= len(in_work))
    mention = stage.mention("hello")

    if outage == "it stands still":
        with standing_still(home):
            await is_refused_in_time(stage, lucy, mention)
    else:
        await kill_all(postmaster(home))
        await is_refused_in_time(stage, lucy, mention)
        stage.onlooker = await looking_at(await LocalPostgres(home).start())
    back = time.monotonic()
    while (await stage.deliver(mention))[1] != 200:
        assert time.monotonic() - back < BACK_WITHIN_S
    await stage.all_done()

    assert lucy.process.returncode is None
    for ts in (*in_work, mention["ts"]):
        assert await stage.inbox(ts) == [ANSWERED]
        assert len(stage.answers(ts)) == 1
    await stage.check_books()


async def kill_all(server: int) -> None:
    """A server, and those who serve its connections: they would end by themselves, and until then still store what they are told."""
    serving = [int(pid) for pid in Path(f"/proc/{server}/task/{server}/children").read_text().split()]
    for pid in (server, *serving):
        os.kill(pid, signal.SIGKILL)
    await until(lambda: not any(is_alive(pid) for pid in serving))


def is_alive(pid: int) -> bool:
    """What is dead and not buried yet is not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


async def is_refused_in_time(stage: Stage, lucy: Running, mention: dict[str, str]) -> None:
    """Every try of Slack's is answered 500 within two seconds; Lucy lives, and says that she is not ready."""
    stage.slack.delivery.log.clear()
    until_then = time.monotonic() + AWAY_S

    await stage.deliver(mention)

    tries = [(each.status, each.ms < ANSWERS_WITHIN_MS) for each in stage.slack.delivery.log]
    assert set(tries) == {(500, True)}, stage.slack.delivery.log
    async with aiohttp.ClientSession(f"http://127.0.0.1:{lucy.port}") as door:
        assert (await door.get("/health/live")).status == 200
        assert (await door.get("/health/ready")).status == 503
    await asyncio.sleep(max(0.0, until_then - time.monotonic()))


@contextmanager
def standing_still(home: Path) -> Iterator[None]:
    """The server and all who work for it."""
    parent = postmaster(home)
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    pids = [parent, *map(int, children)]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in reversed(pids):
            os.kill(pid, signal.SIGCONT)


async def looking_at(url: str) -> asyncpg.Connection:
    """A plain connection."""
    at = make_url(url)
    return await asyncpg.connect(
        host=str(at.query["host"]), user=at.username, password=at.password, database=at.database
    )
