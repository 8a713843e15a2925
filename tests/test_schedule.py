"""Recurring jobs tick, and survive what they foresaw."""

from __future__ import annotations

import asyncio

import pytest

from bot.errors import DatabaseAway
from bot.schedule import Job, Jobs, schedule


async def test_upkeep_runs_at_start_and_a_foreseen_failure_stops_nothing() -> None:
    ran = asyncio.Event()

    async def fails() -> None:
        raise DatabaseAway("away")

    async def runs() -> None:
        ran.set()

    async with schedule(every(runs, clean=fails)):
        await asyncio.wait_for(ran.wait(), 5)

    assert ran.is_set()


async def test_a_job_that_the_stop_cuts_short_ends_without_a_word(caplog: pytest.LogCaptureFixture) -> None:
    began = asyncio.Event()

    async def takes_long() -> None:
        began.set()
        await asyncio.sleep(60)

    async with schedule(every(takes_long)):
        await asyncio.wait_for(began.wait(), 5)
    await asyncio.sleep(0.05)

    assert [record for record in caplog.records if record.levelname in {"WARNING", "ERROR"}] == []


def every(job: Job, **others: Job) -> Jobs:
    """The same job at every time, but for the others."""
    return Jobs(**{name: others.get(name, job) for name in Jobs.__dataclass_fields__})
