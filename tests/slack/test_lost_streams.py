"""A Lucy killed while she streams leaves neither half an answer nor two: the next one finishes the message."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest

from bot.db.database import Database
from bot.errors import LeaseLost
from bot.sandbox.sandbox import Sandbox
from tests.slack.streaming import CHANNEL, Desk


@pytest.fixture
async def desk(db: Database, sandbox: Sandbox, workspace_id: UUID) -> Desk:
    return await Desk.at(db, sandbox, workspace_id)


async def test_another_answer_takes_the_place_of_half_an_answer(desk: Desk) -> None:
    async with desk.abandoned("Half an ") as ask:
        taken = await desk.taken()

        await desk.answer(taken, "Another ", "answer")

    assert desk.said(ask) == ["Another answer"]
    assert desk.calls("chat.startStream", "chat.postMessage") == ["chat.startStream"]
    assert "streaming" not in desk.sandbox.slack.messages(CHANNEL, ask.ts)[-1]


async def test_an_answer_that_was_stored_is_finished_in_its_message(desk: Desk) -> None:
    async with desk.abandoned("Half an ") as ask:
        taken = await desk.taken()
        async with desk.db.unit(desk.workspace_id) as unit:
            await unit.replies.store(taken.lease, ["Half an answer made whole", "and more"])

        async with desk.threads.at_work(taken) as live:
            await desk.threads.deliver(taken, live, "answered")

    assert desk.said(ask) == ["Half an answer made whole", "and more"]
    assert desk.calls("chat.postMessage") == ["chat.postMessage"]


async def test_a_stream_that_nobody_wrote_down_is_found_in_the_thread(desk: Desk) -> None:
    ask = await desk.asked()
    async with desk.db.unit(desk.workspace_id) as unit:
        await unit.streams.begin(ask.lease, 0)
        await unit.inbox.hand_back(ask.lease)
    lost = {"user": "U0LUCY", "bot_id": "B0LUCY", "text": "Half", "thread_ts": ask.ts, "streaming": True}
    desk.sandbox.slack.state.add(CHANNEL, lost)

    await desk.answer(await desk.taken(), "A whole answer")

    assert desk.said(ask) == ["A whole answer"]


async def test_a_stream_that_never_reached_slack_is_posted(desk: Desk) -> None:
    ask = await desk.asked()
    async with desk.db.unit(desk.workspace_id) as unit:
        await unit.streams.begin(ask.lease, 0)
        await unit.inbox.hand_back(ask.lease)

    await desk.answer(await desk.taken(), "A whole answer")

    assert desk.said(ask) == ["A whole answer"]


async def test_messages_that_the_new_answer_does_not_need_are_taken_away(desk: Desk) -> None:
    async with desk.abandoned("Half an ") as ask:
        taken = await desk.taken()
        more = {"user": "U0LUCY", "bot_id": "B0LUCY", "text": "Second half", "thread_ts": ask.ts, "streaming": True}
        second = desk.sandbox.slack.state.add(CHANNEL, more)
        async with desk.db.unit(desk.workspace_id) as unit:
            await unit.streams.begin(taken.lease, 1)
            await unit.streams.stands(taken.lease, 1, second["ts"])

        await desk.answer(taken, "Short")

    assert desk.said(ask) == ["Short"]


async def test_an_ask_does_not_end_before_what_its_answer_does_not_need_is_taken_away(desk: Desk) -> None:
    ask = await desk.asked()
    async with desk.db.unit(desk.workspace_id) as unit:
        await unit.streams.begin(ask.lease, 1)
        await unit.streams.stands(ask.lease, 1, "9.9")
    removal = desk.sandbox.slack.faults.hold("chat.delete")
    answering = asyncio.create_task(desk.answer(ask, "Short"))

    await removal.arrived()
    async with desk.db.unit(desk.workspace_id) as unit:
        await unit.inbox.hold(ask.lease)
        [part] = (await unit.replies.stored(ask.task_id)).parts
    removal.let_go()
    await answering

    assert (part.ts is not None, part.text) == (True, "Short")
    with pytest.raises(LeaseLost):
        async with desk.db.unit(desk.workspace_id) as unit:
            await unit.inbox.hold(ask.lease)
