"""SIGTERM under load, as in a rolling deploy."""

from __future__ import annotations

import asyncio

import pytest

from bot.sandbox.providers.vendor import Mode
from tests.faults.stage import ANSWERED, Stage

PER_SECOND, MENTIONS = 20, 40


@pytest.mark.slow
async def test_told_to_stop_under_load_she_ends_in_time_and_what_she_acknowledged_is_answered_once(
    stage: Stage,
) -> None:
    lucy = await stage.lucy(LUCY_CONCURRENCY="4")
    stage.gemini.mode, stage.gemini.slow_s = Mode.SLOW, 0.5
    talking = asyncio.create_task(talk(stage))
    await asyncio.sleep(MENTIONS / PER_SECOND / 2)

    took_s = await lucy.stop()
    fates = await talking
    left = await stage.waiting()
    stage.gemini.mode = Mode.HEALTHY
    await stage.lucy()
    await stage.all_done()

    heard = [ts for ts, status in fates if status == 200]
    assert (lucy.process.returncode, took_s < 30) == (0, True)
    assert 0 < left < len(heard) < MENTIONS
    for ts in heard:
        assert len(stage.answers(ts)) == 1
        assert await stage.inbox(ts) == [ANSWERED]
        assert await stage.attempts(ts) == ["settled"]
    await stage.check_books()


async def talk(stage: Stage) -> list[tuple[str, int]]:
    """Mentions at a steady rate: the ts of each, and what Slack was told."""
    told = []
    for _ in range(MENTIONS):
        told.append(asyncio.create_task(stage.deliver(stage.mention("hello"))))
        await asyncio.sleep(1 / PER_SECOND)
    return await asyncio.gather(*told)
