"""Claiming inside one workspace: everything once, each thread in order, no lock on more than one shard."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import asyncpg
import pytest
from pydantic import SecretStr

from bot.commands.demo_world import demo_lucy
from bot.config import Settings
from bot.db.database import Database
from bot.db.distribution import placements
from bot.db.encryption import Cipher
from bot.db.ids import workspace_id_of
from bot.db.inbox import TakenAsk
from bot.sandbox.sandbox import Sandbox
from tests.db.test_distribution import Explained, explained, nodes
from tests.test_main_job import done
from tests.test_recovery import new_ask

__all__ = ["explained"]

TEAMS = [f"T{number}" for number in range(6)]


@pytest.fixture
async def sharded(database_url: str, cipher: Cipher) -> AsyncIterator[Database]:
    """A database that is claimed from as Citus is, with six asks in two threads of each of six workspaces."""
    database = Database.open(database_url, cipher, sharded=True)
    for team in TEAMS:
        async with database.unit(workspace_id_of(team)) as unit:
            await unit.workspaces.welcome(team, team, "U0LUCY")
            for number in range(6):
                await unit.inbox.add(new_ask(f"{number}.0", f"{number % 2}.0"))
    yield database
    await database.close()


async def test_many_workers_take_every_ask_once_and_each_thread_in_order(sharded: Database) -> None:
    taken: list[TakenAsk] = []

    async def work(name: str) -> None:
        while len(taken) < 36:
            ask = await claim(sharded, name)
            if ask is None:
                await asyncio.sleep(0)
                continue
            taken.append(ask)
            async with sharded.unit(ask.workspace_id) as unit:
                await unit.endings.end(ask.lease, "answered")

    async with asyncio.timeout(60):
        await asyncio.gather(*(work(f"worker {number}") for number in range(8)))

    assert Counter(ask.task_id for ask in taken).most_common(1)[0][1] == 1
    threads = {(ask.workspace_id, ask.thread_ts) for ask in taken}
    in_order = {thread: [ask.ts for ask in taken if (ask.workspace_id, ask.thread_ts) == thread] for thread in threads}
    assert all(order == sorted(order) and len(order) == 3 for order in in_order.values())


async def test_a_workspace_whose_threads_are_busy_hides_no_other(sharded: Database) -> None:
    first = [await claim(sharded, "one") for _ in range(12)]

    nothing = await claim(sharded, "two")

    assert {ask.ts for ask in first if ask} == {"0.0", "1.0"}
    assert len({ask.workspace_id for ask in first if ask}) == 6
    assert nothing is None


async def test_the_look_for_work_locks_nothing_and_the_claim_one_shard(explained: Explained, sharded: Database) -> None:
    explained.db.sharded = True

    await claim(explained.db, "worker")

    *_, look, take = explained.plans
    assert "LockRows" not in {node["Node Type"] for node in nodes(look["Plan"])}
    assert "LockRows" in {node["Node Type"] for node in nodes(take["Plan"])}
    assert explained.astray() == {look["Query Text"]}


async def test_a_sharded_lucy_answers_once(database_url: str, sandbox: Sandbox) -> None:
    base = Settings(database_url=SecretStr(database_url), settle_s=0.2, lease_s=2, sharded=True)

    async with demo_lucy(sandbox, base=base) as running:
        ts = [await sandbox.slack.say("U0BEN", "C0GENERAL", "<@U0LUCY> hello") for _ in range(3)]
        await done(running)

    assert [len(sandbox.slack.answers("C0GENERAL", each)) for each in ts] == [1, 1, 1]


@pytest.mark.slow
async def test_on_citus_a_distributed_lucy_answers_once_and_is_paid_to_the_digit(
    database_url: str, sandbox: Sandbox, onlooker: asyncpg.Connection, db: Database
) -> None:
    if "citus" not in await onlooker.fetchval("SHOW shared_preload_libraries"):
        pytest.skip("Citus is not loaded by this PostgreSQL: name one that has it in LUCY_TEST_DATABASE_URL")
    for placement in placements():
        async with db.operations() as operations:
            await operations.place(placement)
    base = Settings(database_url=SecretStr(database_url), settle_s=0.2, lease_s=2, sharded=True)

    async with demo_lucy(sandbox, base=base) as running:
        ts = await sandbox.slack.say("U0BEN", "C0GENERAL", "<@U0LUCY> hello")
        await done(running)
        async with running.db.unit(workspace_id_of("T0ACME")) as unit:
            paid = await unit.costs.total()

    assert len(sandbox.slack.answers("C0GENERAL", ts)) == 1
    assert paid == sandbox.providers.invoice_total() > 0


async def claim(db: Database, worker: str) -> TakenAsk | None:
    async with db.operations() as operations:
        return await operations.claim(worker, 60)
