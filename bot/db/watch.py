"""The metrics at a scrape: what this process counted, and the queue as the database has it now."""

from __future__ import annotations

import asyncio

from bot.db.database import Database
from bot.errors import DatabaseAway
from bot.telemetry import Telemetry

WITHIN_S = 2


async def exposition(db: Database, telemetry: Telemetry) -> bytes:
    """Prometheus' text; a database that is away leaves the queue out and says so, within two seconds."""
    try:
        async with asyncio.timeout(WITHIN_S), db.operations() as operations:
            queue = await operations.queue()
    except (DatabaseAway, TimeoutError):
        telemetry.queue_is_unseen()
    else:
        telemetry.queue_is(queue.new, queue.leased, queue.oldest_s)
    return telemetry.exposition()


async def sweep(db: Database, telemetry: Telemetry) -> None:
    """Attempts whose time is over become `unknown`, and are counted. Raises DatabaseAway."""
    async with db.operations() as operations:
        swept = await operations.sweep_costs()
    if swept:
        telemetry.emit("swept", attempts=swept)
