"""kill -9 on the way of an ask: the next Lucy finishes it, nothing is lost, said twice or paid for in secret."""

from __future__ import annotations

import asyncio
import os
import random
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.faults.stage import ANSWERED, CHANNEL, STREAMED, Stage
from tests.faults.steps import SHORT, STEPS, STREAM_STEPS, Left
from tests.lucy_process import Running
from tests.onlooker import until

ROUNDS = int(os.environ.get("LUCY_FAULT_ROUNDS", "1"))
"""How often all steps are gone through, each time in another order; the number of a round is its seed."""


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", range(ROUNDS))
async def test_wherever_she_is_killed_the_next_lucy_finishes_what_the_last_one_left(stage: Stage, seed: int) -> None:
    steps = random.Random(seed).sample(STEPS, len(STEPS))
    lucy = await stage.lucy(LUCY_CONCURRENCY="1")

    for step in steps:
        left = await step(stage, lucy)
        lucy = await stage.lucy(LUCY_CONCURRENCY="1")
        await stage.all_done()
        for ask in left:
            await assert_answered_once(stage, ask, step.__name__)
        await stage.check_books()


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_wherever_she_is_killed_while_she_streams_the_next_lucy_finishes_the_message(stage: Stage) -> None:
    lucy = await stage.lucy(**STREAMED)

    for step in STREAM_STEPS:
        left = await step(stage, lucy)
        lucy = await stage.lucy(**STREAMED)
        await stage.all_done()
        for ask in left:
            await assert_answered_once(stage, ask, step.__name__)
    assert not any(message.get("streaming") for message in stage.slack.messages(CHANNEL))
    await stage.check_books()


@pytest.mark.slow
async def test_a_post_of_the_dead_that_arrives_within_the_settle_time_is_waited_for(stage: Stage) -> None:
    lucy = await stage.lucy()
    post = stage.slack.faults.hold("chat.postMessage")
    ts = await stage.say(SHORT)
    await post.arrived()

    await lucy.kill()
    starting = asyncio.create_task(stage.lucy(LUCY_SETTLE_S="6"))
    await until(lambda: stage.taken(ts, times=2))
    post.let_go()
    await starting
    await stage.all_done()

    await assert_answered_once(stage, Left(ts))


@pytest.mark.slow
async def test_a_delivery_that_was_stored_and_never_acknowledged_comes_again_and_is_one_ask(stage: Stage) -> None:
    lucy = await stage.lucy()
    mention = stage.mention(SHORT)
    async with killed_when_she_answers(stage, lucy):
        ts, unheard = await stage.deliver(mention)
    before = len(await stage.inbox(ts))

    await stage.lucy()
    _, again = await stage.deliver(mention)
    await stage.all_done()

    assert (unheard, before, again) == (0, 1, 200)
    assert await stage.inbox(ts) == [ANSWERED]
    assert len(stage.answers(ts)) == 1
    await stage.check_books()


async def assert_answered_once(stage: Stage, ask: Left, step: str = "") -> None:
    """The whole answer stands in the thread once and in order, the words are wiped, and the model was paid once."""
    said = stage.answers(ask.ts)
    if ask.long:
        assert len(said) == 3, step
        assert re.findall(r"## Section (\d+)", "\n".join(said)) == [str(number) for number in range(1, 61)], step
    else:
        assert said == ["Hello! What can I do for you?"], step
    assert await stage.inbox(ask.ts) == [ANSWERED], step
    assert await stage.attempts(ask.ts) == list(ask.attempts), step


@asynccontextmanager
async def killed_when_she_answers(stage: Stage, lucy: Running) -> AsyncIterator[None]:
    """What Slack sends reaches Lucy; with the first byte of her answer she dies, and Slack hears nothing of it."""

    async def pass_on(slack: asyncio.StreamReader, to_slack: asyncio.StreamWriter) -> None:
        try:
            from_lucy, to_lucy = await asyncio.open_connection("127.0.0.1", lucy.port)
            sending = asyncio.create_task(pump(slack, to_lucy))
            await from_lucy.read(1)
            await lucy.kill()
            sending.cancel()
        except ConnectionError:
            pass
        finally:
            to_slack.close()

    async with await asyncio.start_server(pass_on, "127.0.0.1") as server:
        port = server.sockets[0].getsockname()[1]
        stage.slack.delivery.events_url = f"http://127.0.0.1:{port}/slack/events"
        yield


async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    """Pass on what comes."""
    while heard := await source.read(65536):
        sink.write(heard)
