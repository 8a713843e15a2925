"""An answer and its ask end together."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from bot.db.database import Database
from bot.db.inbox import TakenAsk
from bot.db.replies import ReplyPart
from bot.errors import LeaseLost
from bot.sandbox.sandbox import Sandbox
from bot.slack.thread import Threads
from tests.slack.test_deliver import CHANNEL, Take, again, deliver, lose_the_lease, take, threads

__all__ = ["take", "threads"]


async def test_where_the_last_part_stands_and_the_end_are_one_commit(
    threads: Threads, take: Take, sandbox: Sandbox, db: Database
) -> None:
    post = sandbox.slack.faults.hold("chat.postMessage", skip=1, done=True)
    ask = await take("one", "two")
    delivering = asyncio.create_task(deliver(threads, ask))

    await post.arrived()
    first, last = await known(db, ask)
    post.let_go()
    await delivering

    assert (first.ts is not None, last.ts) == (True, None)
    stand = [message["ts"] for message in sandbox.slack.messages(CHANNEL, ask.ts) if message["user"] == "U0LUCY"]
    assert [(part.ts, part.text) for part in await known(db, ask)] == [(ts, "") for ts in stand]
    with pytest.raises(LeaseLost):
        async with db.unit(ask.workspace_id) as unit:
            await unit.inbox.hold(ask.lease)


async def test_an_answer_takes_two_trips_to_the_database(threads: Threads, take: Take, db: Database) -> None:
    await deliver(threads, await take("a connection learns each type once"))
    ask = await take("one")
    heard = listen(db)

    await deliver(threads, ask)

    assert len(heard) == 2, "what it takes with the intent, and where it stands with the end"


async def test_an_ask_handed_back_after_its_post_was_sent_is_not_posted_again(
    threads: Threads, take: Take, sandbox: Sandbox, db: Database
) -> None:
    post = sandbox.slack.faults.hold("chat.postMessage", done=True)
    ask = await take("one")
    await lose_the_lease(threads, ask, post, db)

    await deliver(threads, await again(db))

    assert sandbox.slack.answers(CHANNEL, ask.ts) == ["one"]


async def known(db: Database, ask: TakenAsk) -> Sequence[ReplyPart]:
    """What is stored of the answer."""
    async with db.unit(ask.workspace_id) as unit:
        return (await unit.replies.stored(ask.task_id)).parts


def listen(db: Database) -> list[str]:
    """What is said to the database from now on over connections that are open."""
    heard: list[str] = []
    for held in db._connections._idle:
        held.driver.add_query_logger(lambda said: heard.append(said.query))
    return heard
