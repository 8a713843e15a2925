"""Every recurring job and its time, one line each. A ticker: that a thing happens once is the database's affair."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot import log
from bot.db.database import Database
from bot.db.operations import Operations
from bot.errors import LucyError

_log = log.get(__name__)
Job = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Jobs:
    """What recurs."""

    digests: Job
    budget_notices: Job
    sweep_costs: Job
    settle_spooled: Job
    ask_later: Job
    clock: Job
    clean: Job
    partitions: Job
    old: Job
    fold: Job
    prices: Job
    recalibrate: Job
    learn: Job
    renew_tokens: Job
    find_tokens: Job


@asynccontextmanager
async def schedule(jobs: Jobs) -> AsyncIterator[None]:
    """The jobs tick while the block runs."""
    scheduler = AsyncIOScheduler(
        timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": 300}
    )
    first = datetime.now(UTC)
    scheduler.add_job(_quietly("digests", jobs.digests), "interval", seconds=30)
    scheduler.add_job(_quietly("budget_notices", jobs.budget_notices), "interval", seconds=20)
    scheduler.add_job(_quietly("sweep_costs", jobs.sweep_costs), "interval", seconds=30)
    scheduler.add_job(_quietly("prices", jobs.prices), "interval", seconds=30)
    scheduler.add_job(_quietly("ask_later", jobs.ask_later), "interval", seconds=30)
    scheduler.add_job(_quietly("settle_spooled", jobs.settle_spooled), "interval", seconds=10)
    scheduler.add_job(_quietly("clock", jobs.clock), "interval", hours=1, next_run_time=first)
    scheduler.add_job(_quietly("clean", jobs.clean), "interval", hours=1, next_run_time=first)
    scheduler.add_job(_quietly("partitions", jobs.partitions), "interval", hours=12, next_run_time=first)
    scheduler.add_job(_quietly("old", jobs.old), "interval", hours=12, next_run_time=first)
    scheduler.add_job(_quietly("fold", jobs.fold), "interval", minutes=15)
    scheduler.add_job(_quietly("renew_tokens", jobs.renew_tokens), "interval", minutes=1, next_run_time=first)
    scheduler.add_job(_quietly("find_tokens", jobs.find_tokens), "interval", minutes=10)
    scheduler.add_job(_quietly("recalibrate", jobs.recalibrate), "cron", hour=3)
    scheduler.add_job(_quietly("learn", jobs.learn), "cron", day_of_week="sun", hour=4)
    scheduler.start()
    try:
        yield
    finally:
        scheduler.shutdown(wait=False)


def across(db: Database, work: Callable[[Operations], Awaitable[object]]) -> Job:
    """A job that is one unit of work across all workspaces."""

    async def job() -> None:
        async with db.operations() as operations:
            await work(operations)

    return job


def _quietly(name: str, job: Job) -> Job:
    """A tick that fails for a foreseen reason is logged and comes again; one that the stop cuts short ends quietly."""

    async def tick() -> None:
        try:
            await job()
        except asyncio.CancelledError:
            _log.debug("tick_cut", job=name)
        except LucyError as error:
            _log.warning("tick_failed", job=name, error=type(error).__name__, detail=str(error))

    return tick
