"""A stream calls Slack once a second at most, whatever the model's speed, by a clock that only sleeping moves."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from uuid import UUID

from bot.db.database import Database
from bot.sandbox.sandbox import Sandbox
from bot.slack.pen import Rhythm
from tests.onlooker import until
from tests.slack.streaming import CHANNEL, Bucket, Desk


class Clock:
    """Seconds that pass only where somebody sleeps; `left` is when each call to Slack left."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await asyncio.sleep(0)


async def test_no_two_calls_of_a_stream_leave_within_a_second(
    db: Database, sandbox: Sandbox, workspace_id: UUID
) -> None:
    clock, times = Clock(), []
    desk = await Desk.at(db, sandbox, workspace_id, rhythm=Rhythm(clock=clock, sleep=clock.sleep))
    sandbox.slack.subscribe(lambda event: times.append(clock.now) if event["event"] == "message" else None)
    ask = await desk.asked()
    times.clear()

    async with desk.threads.at_work(ask) as live:
        for number in range(4):
            await live.show(f"word {number} ")
            await until(lambda number=number: f"word {number}" in "".join(desk.said(ask)))
        text = live.text
        await desk.keep(ask, live, text)
        await desk.threads.deliver(ask, live, "answered")

    calls = desk.calls("chat.")
    begun = sorted(set(times))
    assert desk.said(ask) == [text.strip()]
    assert len(calls) == 5
    assert len(begun) == len(calls)
    assert min(later - earlier for earlier, later in pairwise(begun)) >= 1.0


async def test_an_empty_bucket_slows_a_stream_and_loses_no_word(
    db: Database, sandbox: Sandbox, workspace_id: UUID
) -> None:
    clock = Clock()
    bucket = Bucket({"chat.appendStream": [7.0, 5.0]})
    desk = await Desk.at(db, sandbox, workspace_id, rhythm=Rhythm(clock=clock, sleep=clock.sleep), bucket=bucket)
    ask = await desk.asked()

    async with desk.threads.at_work(ask) as live:
        for number in range(3):
            await live.show(f"word {number} ")
            await until(lambda number=number: f"word {number}" in "".join(desk.said(ask)))
        text = live.text
        await desk.keep(ask, live, text)
        await desk.threads.deliver(ask, live, "answered")

    assert clock.now >= 1012.0
    assert sandbox.slack.answers(CHANNEL, ask.ts) == [text.strip()]
