"""An answer is kept whole, once, and only by whoever holds the lease."""

from __future__ import annotations

import asyncio
from contextvars import Context
from dataclasses import replace
from uuid import UUID

import asyncpg
import pytest

from bot.db.database import Database
from bot.db.ids import new_id
from bot.db.inbox import Lease
from bot.errors import LeaseLost
from tests.costs.test_spool import answers, leased

BUTTON = {"action": "ask_for_more", "label": "Ask", "value": "1"}
WAITS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


async def test_an_answer_is_kept_in_order_with_its_buttons_under_the_last_part(
    db: Database, workspace_id: UUID
) -> None:
    lease = await leased(db, workspace_id)

    async with db.unit(workspace_id) as unit:
        await unit.replies.store(lease, ["one", "two", "three"], [BUTTON])

    async with db.unit(workspace_id) as unit:
        parts = (await unit.replies.stored(lease.task_id)).parts
    assert [(part.part, part.text, list(part.actions)) for part in parts] == [
        (0, "one", []),
        (1, "two", []),
        (2, "three", [BUTTON]),
    ]


@pytest.mark.parametrize("instead", [False, True])
async def test_who_lost_the_lease_is_told_so_whether_or_not_there_is_an_answer(
    db: Database, workspace_id: UUID, *, instead: bool
) -> None:
    lease = await leased(db, workspace_id)
    for kept in ([], ["kept"]):
        with pytest.raises(LeaseLost):
            async with db.unit(workspace_id) as unit:
                await unit.replies.store(replace(lease, lease_id=new_id()), ["late"], instead=instead)

        assert await answers(db, lease) == kept
        await store(db, lease, "kept")


async def test_an_answer_that_was_there_already_loses_nobody_the_lease(db: Database, workspace_id: UUID) -> None:
    lease = await leased(db, workspace_id)

    for words in ("first", "second"):
        await store(db, lease, words, "and its end")

    assert await answers(db, lease) == ["first", "and its end"]


async def test_a_better_answer_takes_the_place_of_one_that_nobody_began_to_post(
    db: Database, workspace_id: UUID
) -> None:
    lease = await leased(db, workspace_id)
    await store(db, lease, "a doubted answer", "and more")

    await store(db, lease, "a better one", instead=True)
    async with db.unit(workspace_id) as unit:
        await unit.replies.posted(lease, 0, "1.1")
    await store(db, lease, "too late", instead=True)

    assert await answers(db, lease) == ["a better one"]


async def test_of_two_answers_kept_at_once_one_stands_whole(
    db: Database, workspace_id: UUID, onlooker: asyncpg.Connection
) -> None:
    lease = await leased(db, workspace_id)

    async with db.unit(workspace_id) as unit:
        await unit.replies.restore(lease.task_id, ["first"])
        other = asyncio.create_task(store(db, lease, "second", "and its end"), context=Context())
        async with asyncio.timeout(30):
            while not await onlooker.fetchval(WAITS):
                await asyncio.sleep(0.02)
    await other

    assert await answers(db, lease) == ["first"]


async def store(db: Database, lease: Lease, *parts: str, instead: bool = False) -> None:
    async with db.unit(lease.workspace_id) as unit:
        await unit.replies.store(lease, parts, instead=instead)
