"""How fast a spool reaches the ledger, beside the same statements with their rows in memory already."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from bot.costs.spool import FileSpool
from bot.db.cost_sql import OUTCOME_FIELDS, REPLAY
from bot.db.costs import OpenAttempt
from bot.db.database import Database
from bot.db.encryption import Cipher, derived_key
from bot.db.ids import new_id
from tests.bench.attempt import OUTCOME, WORKSPACE
from tests.bench.figure import Figure
from tests.bench.scratch import bare_connection, scratch_database
from tests.costs.ledger import FAST

ROUNDS, ROWS, AT_ONCE = 5, 2000, 500


async def replayed() -> AsyncIterator[Figure]:
    """In turns; every round moves rows that were opened for it alone."""
    async with scratch_database() as db, bare_connection(db) as connection:
        pairs = []
        for number in range(ROUNDS + 1):
            spooled = await through_the_spool(db)
            raw = await through_unnest(connection, await opened(db))
            pairs += [(spooled, raw)] if number else []
    mine, bare = median(pair[0] for pair in pairs), median(pair[1] for pair in pairs)
    yield Figure("spooled rows replayed", mine, "rows/s", remark=f"raw unnest, {AT_ONCE} a statement: {bare:,.0f}/s")
    ratio = median(raw / spooled for spooled, raw in pairs)
    yield Figure("raw unnest against replay (replay at least 0.8 of it)", ratio, "x", 1.25)


async def through_the_spool(db: Database) -> float:
    with TemporaryDirectory(prefix="lucy-bench-") as folder:
        spool = FileSpool(Path(folder), Cipher([derived_key("bench")]))
        for key in await opened(db):
            await spool.keep(key, OUTCOME, None, ())
        return await rows_per_s(lambda: spool.settle(db))


async def through_unnest(connection: Any, keys: list[OpenAttempt]) -> float:
    statements = []
    for at in range(0, ROWS, AT_ONCE):
        chunk = keys[at : at + AT_ONCE]
        instants = [key.created_at for key in chunk]
        values = {name: [getattr(OUTCOME, name)] * len(chunk) for name in OUTCOME_FIELDS}
        values |= {
            "flags": [None] * len(chunk),
            "workspace_id": WORKSPACE,
            "id": [key.id for key in chunk],
            "created_at": instants,
        }
        statements.append(REPLAY.arguments({**values, "first": min(instants), "last": max(instants)}))

    async def run() -> None:
        for arguments in statements:
            assert await connection.fetchval(REPLAY.sql, *arguments) == AT_ONCE

    return await rows_per_s(run)


async def opened(db: Database) -> list[OpenAttempt]:
    async with db.unit(WORKSPACE) as unit:
        return [await unit.costs.open(replace(FAST, id=new_id()), 3600) for _ in range(ROWS)]


async def rows_per_s(run: Callable[[], Awaitable[None]]) -> float:
    await asyncio.sleep(0.2)
    began = time.perf_counter()
    await run()
    return ROWS / (time.perf_counter() - began)
