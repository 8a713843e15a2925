"""An ask comes to an end, whatever Slack does: delivered, or given up and forgotten; never tried for ever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import text

from bot.app import Lucy
from bot.conversation.ask import Transcript
from bot.conversation.desk import Pace
from bot.conversation.threads import Live
from bot.db.database import Database, engine_for, inside_unit
from bot.db.encryption import Cipher
from bot.db.inbox import MAX_DELIVERIES, TakenAsk
from bot.errors import LucyError
from bot.sandbox.sandbox import Sandbox
from bot.telemetry import Telemetry
from bot.worker import Worker
from tests.test_main_job import done
from tests.test_recovery import claim, new_ask


class SlackIsAway(LucyError):
    """Nobody knows whether the post stands."""


class NothingLate:
    """An answerer that is never asked for an answer, and owes nothing."""

    async def settle_late(self) -> None:
        """There is nothing to settle."""


@dataclass
class Threads:
    """A Slack that fails so many deliveries before it takes one."""

    db: Database
    failures: int = 0
    delivered: list[UUID] = field(default_factory=list)
    tries: int = 0

    async def read(self, ask: TakenAsk) -> Transcript:
        raise AssertionError("no model may be asked in these tests")

    async def answered(self, ask: TakenAsk) -> bool:
        return False

    @asynccontextmanager
    async def at_work(self, ask: TakenAsk) -> AsyncIterator[Live]:
        assert not inside_unit()
        yield cast(Live, None)

    async def deliver(self, ask: TakenAsk, live: Live, outcome: str) -> str:
        self.tries += 1
        if self.tries <= self.failures:
            raise SlackIsAway
        self.delivered.append(ask.task_id)
        async with self.db.unit(ask.workspace_id) as unit:
            await unit.endings.end(ask.lease, outcome)
        return outcome


Finish = Callable[..., Awaitable[None]]


@pytest.fixture
async def kept(db: Database, workspace_id: UUID) -> TakenAsk:
    """An ask whose answer is stored and whose worker died before posting it."""
    async with db.unit(workspace_id) as unit:
        await unit.inbox.add(new_ask("1.1", "1.1"))
    ask = await claim(db, lease_s=30)
    async with db.unit(workspace_id) as unit:
        await unit.replies.store(ask.lease, ["the answer"])
        await unit.inbox.hand_back(ask.lease)
    return ask


@pytest.fixture
def finish(db: Database) -> Finish:
    """Let a worker work until nothing waits."""

    async def until_nothing_waits(threads: Threads, at: Database = db) -> None:
        pace = Pace(retry_s=0)
        worker = Worker(at, threads, cast(Any, NothingLate()), Telemetry(), pace)
        running = asyncio.create_task(worker.run())
        async with asyncio.timeout(20):
            while not running.done() and await _waiting(db):
                worker.wake()
                await asyncio.sleep(0.01)
        await worker.stop()
        await running

    return until_nothing_waits


async def test_an_answer_is_delivered_when_slack_comes_back(
    db: Database, kept: TakenAsk, finish: Finish, database_url: str
) -> None:
    threads = Threads(db, failures=MAX_DELIVERIES - 2)

    await finish(threads)

    assert threads.delivered == [kept.task_id]
    assert await row_of(database_url) == ("done", "answered", None, None)


async def test_an_answer_that_slack_never_takes_is_given_up_and_forgotten(
    db: Database, kept: TakenAsk, finish: Finish, database_url: str
) -> None:
    threads = Threads(db, failures=10_000)

    await finish(threads)

    assert threads.tries == MAX_DELIVERIES - 1
    assert await row_of(database_url) == ("done", "undeliverable", None, None)


async def test_a_stored_answer_that_no_key_opens_ends_its_ask_and_not_the_worker(
    kept: TakenAsk, finish: Finish, database_url: str
) -> None:
    other = Database.open(database_url, Cipher([Fernet.generate_key().decode()]))

    class Reading(Threads):
        async def deliver(self, ask: TakenAsk, live: Live, outcome: str) -> str:
            async with other.unit(ask.workspace_id) as unit:
                await unit.replies.stored(ask.task_id)
            return outcome

    await finish(Reading(other), other)

    assert await row_of(database_url) == ("done", "undeliverable", None, None)
    await other.close()


async def test_what_waits_in_a_workspace_that_left_ends_quietly_without_a_model(
    db: Database, workspace_id: UUID, finish: Finish, database_url: str
) -> None:
    async with db.unit(workspace_id) as unit:
        await unit.inbox.add(new_ask("1.1", "1.1"))
        await unit.workspaces.retire()
    threads = Threads(db)

    await finish(threads)

    assert threads.tries == 0
    assert (await row_of(database_url))[:3] == ("done", "undeliverable", None)


def test_an_outage_of_half_an_hour_is_outlasted() -> None:
    pace = Pace()

    waits = [pace.again_in(tries).total_seconds() for tries in range(1, MAX_DELIVERIES)]

    assert waits[:4] == [2, 4, 8, 16]
    assert max(waits) == 300
    assert sum(waits[5:]) > 30 * 60


async def test_an_outage_of_slack_delays_an_answer_and_makes_no_second_one(running: Lucy, sandbox: Sandbox) -> None:
    sandbox.slack.faults.down = True
    ts = await sandbox.slack.say("U0BEN", "C0GENERAL", "<@U0LUCY> hello")
    while not sandbox.providers.invoice_total():
        await asyncio.sleep(0.02)
    await asyncio.sleep(1)

    sandbox.slack.faults.down = False
    await done(running)

    assert len(sandbox.slack.answers("C0GENERAL", ts)) == 1
    assert sum(len(vendor.requests) for vendor in sandbox.providers.values()) == 1


async def test_a_wait_that_slack_asks_for_holds_the_lease(running: Lucy, sandbox: Sandbox, database_url: str) -> None:
    sandbox.slack.faults.rate_limit("chat.postMessage", 3)

    ts = await sandbox.slack.say("U0BEN", "C0GENERAL", "<@U0LUCY> hello")
    await done(running)

    assert len(sandbox.slack.answers("C0GENERAL", ts)) == 1
    assert await attempts_of(database_url) == 1


async def row_of(url: str) -> tuple[Any, ...]:
    """State, outcome, text and answer of the only ask, as they stand in the database."""
    columns = "state, outcome, sealed_text, (SELECT max(text) FROM reply_part)"
    return await _one(url, f"SELECT {columns} FROM inbox")


async def attempts_of(url: str) -> int:
    return int((await _one(url, "SELECT attempts FROM inbox"))[0])


async def _one(url: str, query: str) -> tuple[Any, ...]:
    engine = engine_for(url)
    async with engine.connect() as connection:
        row = (await connection.execute(text(query))).one()
    await engine.dispose()
    return tuple(row)


async def _waiting(db: Database) -> int:
    async with db.operations() as operations:
        return await operations.waiting()
