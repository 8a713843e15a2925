"""Recurring jobs tick, and survive what they foresaw."""

from __future__ import annotations

import asyncio

from bot.errors import DatabaseAway
from bot.schedule import Jobs, schedule


async def test_upkeep_runs_at_start_and_a_foreseen_failure_stops_nothing() -> None:
    ran = asyncio.Event()

    async def fails() -> None:
        raise DatabaseAway("away")

    async def runs() -> None:
        ran.set()

    jobs = Jobs(
        digests=runs,
        budget_notices=runs,
        sweep_costs=runs,
        settle_spooled=runs,
        ask_later=runs,
        clean=fails,
        partitions=runs,
        old_months=runs,
        prices=runs,
        recalibrate=runs,
    )
    async with schedule(jobs):
        await asyncio.wait_for(ran.wait(), 5)

    assert ran.is_set()
