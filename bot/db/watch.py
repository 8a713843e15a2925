"""What is looked at again and again: the metrics of this process, the queue, attempts nobody settled, the clock."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from bot import log
from bot.db.clock import FAR_S, ahead_s
from bot.db.database import Database
from bot.errors import DatabaseAway
from bot.telemetry import Telemetry

_log = log.get(__name__)

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


async def clock(db: Database) -> None:
    """Warn where this machine's clock and the database's are far apart. Raises DatabaseAway."""
    async with db.operations() as operations:
        asked = datetime.now(UTC)
        theirs = await operations.now()
        ahead = ahead_s(asked, theirs, datetime.now(UTC))
    if abs(ahead) > FAR_S:
        _log.warning("clock_differs_from_database", ahead_s=round(ahead))
