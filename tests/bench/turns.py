"""What a claim takes when a hundred thousand asks wait, and what a crowded workspace costs its neighbour."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from statistics import median
from typing import Any
from uuid import UUID

from bot.conversation.desk import Desk, Pace
from bot.db.database import Database
from bot.db.ids import workspace_id_of
from bot.db.inbox import NewAsk
from bot.telemetry import Telemetry
from bot.worker import Worker
from tests.bench.figure import Figure, percentile
from tests.bench.scratch import bare_connection, scratch_database
from tests.db.test_turns import FILL
from tests.test_worker import DeskThreads, Parrot

ROUNDS, WORKSPACES = 300, 1000
FEW, MANY = 1, 100
CROWD, NEIGHBOURS_ASKS, MODEL_S = 500, 40, 0.5


async def turns() -> AsyncIterator[Figure]:
    async with scratch_database() as db:
        few, many = await claiming(db, FEW), await claiming(db, MANY)
        yield Figure(
            f"a claim when {WORKSPACES * MANY:,} asks wait, median",
            many,
            "ms",
            10,
            f"{WORKSPACES * FEW:,}: {few:.2f} ms",
        )
        alone, beside = await neighbour(db, 0), await neighbour(db, CROWD)
        remark = f"p95 from stored to delivered, the model takes {MODEL_S * 1000:.0f} ms; alone {alone * 1000:.0f} ms"
        yield Figure(f"a neighbour beside {CROWD} waiting asks, against alone", beside / alone, "x", 1.2, remark)


async def claiming(db: Database, each: int) -> float:
    """Milliseconds of a claim and its commit."""
    async with bare_connection(db) as connection:
        await connection.execute("TRUNCATE inbox")
        await connection.execute(FILL.replace("$1", str(WORKSPACES)).replace("$2", str(each)))
        await connection.execute("ANALYZE inbox")
    desk, taken = Desk(Pace(concurrency=2 * ROUNDS)), []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        async with db.operations() as operations:
            ask = await operations.claim("bench", 3600, desk.turn)
        taken.append((time.perf_counter() - began) * 1000)
        assert ask
        desk.take(ask)
    return median(taken)


async def neighbour(db: Database, crowd: int) -> float:
    """p95 in seconds of one workspace's asks, which come one after the other, while another has `crowd` waiting."""
    async with bare_connection(db) as connection:
        await connection.execute("TRUNCATE inbox, reply_part")
    busy, quiet = workspace_id_of("T0BUSY"), workspace_id_of("T0QUIET")
    for slack_id, workspace_id in (("T0BUSY", busy), ("T0QUIET", quiet)):
        async with db.unit(workspace_id) as unit:
            await unit.workspaces.welcome(slack_id, slack_id, "U0LUCY")
    threads = Timed(db)
    worker = Worker(db, threads, Slow(db), Telemetry(), Pace(alone=False))  # type: ignore[arg-type]
    working = asyncio.create_task(worker.run())
    for number in range(crowd):
        await stored(db, busy, number)
    taken = []
    for number in range(NEIGHBOURS_ASKS):
        threads.heard.clear()
        began = time.perf_counter()
        await stored(db, quiet, number)
        worker.wake()
        await threads.heard.wait()
        taken.append(time.perf_counter() - began)
    working.cancel()
    await asyncio.wait({working})
    return percentile(taken, 95)


async def stored(db: Database, workspace_id: UUID, number: int) -> None:
    async with db.unit(workspace_id) as unit:
        await unit.inbox.add(
            NewAsk(f"Ev{number}", "C1", "channel", f"{number}", f"{number}", f"U{number % 50}", "words")
        )


class Timed(DeskThreads):
    """Says when the quiet workspace has its answer."""

    def __init__(self, db: Database) -> None:
        super().__init__(db)
        self.heard = asyncio.Event()

    async def deliver(self, ask: Any, live: Any, outcome: str) -> str:
        async with self._db.unit(ask.workspace_id) as unit:
            await unit.endings.end(ask.lease, outcome)
        if ask.workspace_id == workspace_id_of("T0QUIET"):
            self.heard.set()
        return outcome


class Slow(Parrot):
    """A model that thinks."""

    async def answer(self, ask: Any) -> None:
        await asyncio.sleep(MODEL_S)
        await super().answer(ask)
