"""A Lucy that stands still between the leave to say something and saying it has lost that leave when she goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from uuid import UUID

import aiohttp
import pytest

from bot.db.database import Database
from bot.db.inbox import TakenAsk
from bot.db.unit import Unit
from bot.errors import DatabaseAway, LeaseLost
from bot.sandbox.sandbox import Sandbox
from bot.slack.client import SlackClient
from bot.slack.leave import Leave, at_the_last_moment
from tests.onlooker import until
from tests.slack.streaming import CHANNEL, Desk

LONGER_THAN_A_LEASE_S = 1.1


class Frozen(Database):
    """The database of a process that stands still right after a commit: after the first one that left what is looked for."""

    after: Callable[[Unit], Awaitable[object]] | None = None
    meanwhile: Callable[[], Awaitable[None]]

    @asynccontextmanager
    async def unit(self, workspace_id: UUID, *, single: bool = False) -> AsyncIterator[Unit]:
        async with super().unit(workspace_id, single=single) as unit:
            yield unit
        if self.after:
            async with super().unit(workspace_id) as unit:
                due = await self.after(unit)
            if due:
                self.after = None
                await self.meanwhile()
                await asyncio.sleep(LONGER_THAN_A_LEASE_S)


@pytest.fixture
async def desk(db: Database, sandbox: Sandbox, workspace_id: UUID) -> Desk:
    """The worker that will stand still."""
    return await Desk.at(Frozen(db._connections, db._cipher), sandbox, workspace_id)


@pytest.fixture
async def other(db: Database, sandbox: Sandbox, workspace_id: UUID) -> Desk:
    """Another replica's."""
    return await Desk.at(db, sandbox, workspace_id)


async def test_an_answer_that_another_posted_meanwhile_is_not_posted(desk: Desk, other: Desk) -> None:
    ask = await desk.asked()
    async with other.db.unit(desk.workspace_id) as unit:
        await unit.replies.store(ask.lease, ["Hello"])
        [before] = (await unit.replies.stored(ask.task_id)).parts

    async def intended(unit: Unit) -> bool:
        return (await unit.replies.stored(ask.task_id)).parts[0].intent_at > before.intent_at

    stands_still(desk, intended, lambda: taken_over(other, ask))
    with pytest.raises(LeaseLost):
        async with desk.threads.at_work(ask) as live:
            await desk.threads.deliver(ask, live, "answered")

    assert desk.said(ask) == ["Hello"]
    assert desk.calls("chat.postMessage") == ["chat.postMessage"]


async def test_a_message_is_not_begun_that_another_wrote_meanwhile(desk: Desk, other: Desk) -> None:
    ask = await desk.asked()
    over = asyncio.Event()

    async def take_over() -> None:
        await taken_over(other, ask)
        over.set()

    stands_still(desk, lambda unit: unit.streams.of(ask.task_id), take_over)
    async with desk.threads.at_work(ask) as live:
        await live.show("Hello ")
        await over.wait()
        with pytest.raises(LeaseLost):
            await until(lambda: goes_on(live.show))

    assert desk.said(ask) == ["Hello"]
    assert desk.calls("chat.startStream") == []


async def test_a_call_that_stands_still_on_its_way_out_asks_for_leave_again(sandbox: Sandbox) -> None:
    asked = 0
    slow = aiohttp.TraceConfig()

    async def stand_still(*_: object) -> None:
        await asyncio.sleep(LONGER_THAN_A_LEASE_S)

    async def permit() -> Leave:
        nonlocal asked
        asked += 1
        if asked > 1:
            raise LeaseLost("another worker holds it")
        return Leave()

    slow.on_connection_create_end.append(stand_still)
    async with aiohttp.ClientSession(trace_configs=[slow, at_the_last_moment()]) as connections:
        client = SlackClient(sandbox.slack.state.bot_token, sandbox.slack.api_url, connections=connections)
        with pytest.raises(LeaseLost):
            await client.call("chat.postMessage", permit, channel=CHANNEL, text="late")

    assert asked == 2
    assert "late" not in [message["text"] for message in sandbox.slack.messages(CHANNEL)]


async def test_where_leave_always_comes_too_late_the_ask_is_left_for_a_later_try(sandbox: Sandbox) -> None:
    async def permit() -> Leave:
        given = Leave()
        await asyncio.sleep(LONGER_THAN_A_LEASE_S)
        return given

    client = SlackClient(sandbox.slack.state.bot_token, sandbox.slack.api_url)
    with pytest.raises(DatabaseAway):
        await client.call("chat.postMessage", permit, channel=CHANNEL, text="late")

    assert "late" not in [message["text"] for message in sandbox.slack.messages(CHANNEL)]


def stands_still(
    desk: Desk, after: Callable[[Unit], Awaitable[object]], meanwhile: Callable[[], Awaitable[None]]
) -> None:
    """The next commit after which something is found takes long to be heard of."""
    assert isinstance(desk.db, Frozen)
    desk.db.after, desk.db.meanwhile = after, meanwhile


async def taken_over(other: Desk, ask: TakenAsk) -> None:
    """The lease runs out, and another replica sees the ask to its end."""
    async with other.db.unit(ask.workspace_id) as unit:
        await unit.inbox.hand_back(ask.lease)
    taken = await other.taken()
    async with other.threads.at_work(taken) as live:
        async with other.db.unit(ask.workspace_id) as unit:
            await unit.replies.store(taken.lease, ["Hello"])
        await other.threads.deliver(taken, live, "answered")


async def goes_on(show: Callable[[str], Awaitable[None]]) -> bool:
    """Shows ever more, and says that it may go on for ever."""
    await show("late ")
    return False
