"""A worker lets go of what it no longer works on, so that somebody takes it up again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import pytest
from cryptography.fernet import Fernet

from bot.conversation.ask import Ask, Transcript
from bot.conversation.desk import Pace
from bot.db.database import Database
from bot.db.encryption import Cipher
from bot.db.inbox import NewAsk, TakenAsk
from bot.db.operations import Operations
from bot.errors import DatabaseAway
from bot.telemetry import Telemetry
from bot.worker import Worker
from tests.onlooker import until


async def test_an_ask_that_met_a_database_away_is_taken_up_again(db: Database, workspace_id: UUID) -> None:
    async with db.unit(workspace_id) as unit:
        await unit.inbox.add(NewAsk("Ev1", "C0GENERAL", "channel", "1.0", "1.0", "U0BEN", "what is our plan?"))
    threads = DeskThreads(db, away=1)

    async with working(db, threads, Pace(concurrency=2, lease_s=1)):
        async with asyncio.timeout(10):
            while not threads.delivered:
                await asyncio.sleep(0.05)

    assert threads.reads == 2
    assert [ask.attempts for ask in threads.delivered] == [2]


async def test_an_ask_that_no_key_opens_any_more_ends_with_one_honest_sentence(
    db: Database, workspace_id: UUID, database_url: str
) -> None:
    async with db.unit(workspace_id) as unit:
        await unit.inbox.add(NewAsk("Ev1", "C0GENERAL", "channel", "1.0", "1.0", "U0BEN", "what is our plan?"))
    after_a_change_of_keys = Database.open(database_url, Cipher([Fernet.generate_key().decode()]))
    threads = DeskThreads(after_a_change_of_keys)

    async with working(after_a_change_of_keys, threads, Pace(concurrency=2, lease_s=1)):
        async with asyncio.timeout(10):
            while not threads.delivered:
                await asyncio.sleep(0.05)

    await after_a_change_of_keys.close()
    assert threads.said[0].startswith("I can no longer read what I stored about this message. (reference `")
    assert threads.reads == 0


@pytest.mark.parametrize(("crowded", "at_once"), [(True, 1), (False, 3)])
async def test_while_it_is_crowded_at_the_door_no_ask_is_begun_beside_another(
    db: Database, workspace_id: UUID, crowded: bool, at_once: int
) -> None:
    async with db.unit(workspace_id) as unit:
        for ts in ("1.0", "2.0", "3.0"):
            await unit.inbox.add(NewAsk(f"Ev{ts}", "C0GENERAL", "channel", ts, ts, "U0BEN", "what is our plan?"))
    threads = DeskThreads(db, takes_s=0.5)

    async with working(db, threads, Pace(concurrency=8), lambda: crowded):
        await until(lambda: len(threads.delivered) == 3)

    assert threads.most_at_once == at_once


async def test_the_queue_is_asked_once_for_an_ask_that_was_heard_of_and_once_when_it_is_done(
    db: Database, workspace_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    claims: list[UUID | None] = []
    claim = Operations.claim

    async def counted(operations: Operations, *about: Any) -> TakenAsk | None:
        ask = await claim(operations, *about)
        claims.append(ask and ask.task_id)
        return ask

    monkeypatch.setattr(Operations, "claim", counted)
    monkeypatch.setattr("bot.worker._POLL_S", 30)
    threads = DeskThreads(db)
    worker = Worker(db, threads, Parrot(db), Telemetry(), Pace())  # type: ignore[arg-type]
    task = asyncio.create_task(worker.run())
    await until(lambda: claims == [None])
    async with db.unit(workspace_id) as unit:
        added = await unit.inbox.add(NewAsk("Ev1", "C0GENERAL", "channel", "1.0", "1.0", "U0BEN", "what is our plan?"))

    worker.wake()
    await until(lambda: len(claims) == 3)
    await asyncio.sleep(0.1)
    await worker.stop()
    await task

    assert claims == [None, added, None]


async def test_a_try_whose_paid_answer_was_not_written_down_before_it_was_handed_back_counts(
    db: Database, workspace_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.worker._DRAIN_S", 0.05)
    async with db.unit(workspace_id) as unit:
        await unit.inbox.add(NewAsk("Ev1", "C0GENERAL", "channel", "1.0", "1.0", "U0BEN", "what is our plan?"))
    parrot = SlowToWrite(db)
    worker = Worker(db, DeskThreads(db), parrot, Telemetry(), Pace())  # type: ignore[arg-type]
    task = asyncio.create_task(worker.run())
    await parrot.paid.wait()

    await worker.stop()
    await task

    async with db.operations() as operations:
        ask = await operations.claim("another", 60)
    assert ask
    assert ask.attempts == 2, "the next try looks for an answer"
    async with db.unit(workspace_id) as unit:
        assert await unit.replies.kept(ask.task_id)


async def test_a_spool_that_cannot_be_read_ends_no_worker(db: Database, workspace_id: UUID) -> None:
    async with db.unit(workspace_id) as unit:
        await unit.inbox.add(NewAsk("Ev1", "C0GENERAL", "channel", "1.0", "1.0", "U0BEN", "what is our plan?"))
    threads, parrot = DeskThreads(db), Unreadable(db, times=2)
    worker = Worker(db, threads, parrot, Telemetry(), Pace(retry_s=0.05))  # type: ignore[arg-type]
    task = asyncio.create_task(worker.run())

    await until(lambda: len(threads.delivered) == 1)
    await worker.stop()
    await task

    assert [ask.attempts for ask in threads.delivered] == [3]


@asynccontextmanager
async def working(
    db: Database, threads: DeskThreads, pace: Pace, crowded: Callable[[], bool] = lambda: False
) -> AsyncIterator[None]:
    """A worker at work while the block runs."""
    worker = Worker(db, threads, Parrot(db), Telemetry(), pace, crowded)  # type: ignore[arg-type]
    task = asyncio.create_task(worker.run())
    try:
        yield
    finally:
        await worker.stop()
        await task


class DeskThreads:
    """Slack's side, without Slack: the database is away for the first reads, and each takes so many seconds."""

    def __init__(self, db: Database, away: int = 0, takes_s: float = 0) -> None:
        self._db, self._away, self._takes_s = db, away, takes_s
        self.reads = self.at_once = self.most_at_once = 0
        self.delivered: list[TakenAsk] = []
        self.said: list[str] = []

    async def read(self, ask: TakenAsk) -> Transcript:
        self.reads += 1
        await asyncio.sleep(self._takes_s)
        if self.reads <= self._away:
            raise DatabaseAway("for a moment")
        return Transcript(ask.text)

    @property
    def asides(self) -> DeskThreads:
        return self

    async def barred(self, _: TakenAsk) -> None:
        """Everybody is answered."""

    async def hushed(self, _: TakenAsk) -> bool:
        return False

    @asynccontextmanager
    async def at_work(self, ask: TakenAsk) -> AsyncIterator[Aside]:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        yield Aside()
        self.at_once -= 1

    async def deliver(self, ask: TakenAsk, live: Aside, outcome: str) -> str:
        async with self._db.unit(ask.workspace_id) as unit:
            self.said += [part.text for part in (await unit.replies.stored(ask.task_id)).parts]
            await unit.endings.end(ask.lease, outcome)
        self.delivered.append(ask)
        return outcome


class Aside:
    """An answer that nobody reads while it is made, and nobody stops."""

    text = ""
    reader = None

    def split(self, text: str) -> Sequence[str]:
        return [text]

    async def unless_stopped(self, work: Coroutine[Any, Any, None]) -> None:
        await work


class Parrot:
    """Keeps the question as the answer."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def settle_late(self) -> None:
        """It pays nothing."""

    async def answer(self, ask: Ask) -> None:
        async with self._db.unit(ask.payer.workspace_id) as unit:
            await unit.replies.store(ask.keep.lease, [ask.transcript.text])


class SlowToWrite(Parrot):
    """Has an answer that it could not write down so far."""

    def __init__(self, db: Database) -> None:
        super().__init__(db)
        self.paid = asyncio.Event()
        self._ask: Ask | None = None

    async def settle_late(self) -> None:
        if self._ask:
            await super().answer(self._ask)

    async def answer(self, ask: Ask) -> None:
        self._ask = ask
        self.paid.set()
        await asyncio.Event().wait()


class Unreadable(Parrot):
    """Can't read so many times what it paid for."""

    def __init__(self, db: Database, times: int) -> None:
        super().__init__(db)
        self._times = times

    async def settle_late(self) -> None:
        self._times -= 1
        if self._times >= 0:
            raise OSError("the disk can't be read")
