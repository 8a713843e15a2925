"""Slack's limits hold for all replicas together, and what Slack asks one of them to wait holds for each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from bot.db.database import Database
from bot.db.encryption import Cipher
from bot.db.ids import workspace_id_of
from bot.db.slack_buckets import Bucket
from bot.sandbox.sandbox import Sandbox
from bot.slack.client import SlackClient, SlackRefused
from bot.slack.limits import Limits

POST, START = "chat.postMessage", "chat.startStream"
HELLO = {"channel": "C0GENERAL", "text": "hello"}


@pytest.fixture
async def replica(database_url: str, cipher: Cipher) -> AsyncIterator[Database]:
    """Another process's door to the same database."""
    database = Database.open(database_url, cipher)
    yield database
    await database.close()


async def test_of_many_who_ask_at_once_in_two_processes_as_many_get_a_token_as_there_are(
    db: Database, replica: Database, workspace_id: UUID
) -> None:
    slow = Bucket("chat.update", each_s=10_000, most=5)

    async def take(database: Database) -> float | None:
        async with database.unit(workspace_id) as unit:
            return await unit.slack_buckets.take([slow])

    async with db.unit(workspace_id) as unit:
        await unit.slack_buckets.make([slow])
    waits = await asyncio.gather(*[take(database) for database in (db, replica) for _ in range(10)])

    assert sum(wait == 0 for wait in waits) == 5
    assert all(9000 < wait <= 10_000 for wait in waits if wait)


async def test_a_method_that_is_used_up_holds_up_no_other_method_and_no_other_workspace(
    db: Database, replica: Database, workspace_id: UUID
) -> None:
    here, there = Limits(db, times=0.001), Limits(replica, times=0.001)
    first = await here.take(workspace_id, "chat.update")

    again = [await limits.take(workspace_id, "chat.update") for limits in (here, there)]
    elsewhere = [
        await there.take(workspace_id, "chat.stopStream"),
        await there.take(workspace_id_of("T0OTHER"), "chat.update"),
    ]

    assert (first, elsewhere) == (0, [0, 0])
    assert all(again)


async def test_a_post_that_its_channel_does_not_allow_takes_none_of_the_workspaces_tokens(
    db: Database, workspace_id: UUID
) -> None:
    workspace, channel = Bucket(POST, each_s=10_000, most=2), Bucket(f"{POST} C1", each_s=10_000, most=1)
    async with db.unit(workspace_id) as unit:
        await unit.slack_buckets.make([workspace, channel])
        waits = [await unit.slack_buckets.take([workspace, channel]) for _ in range(4)]
        waits.append(await unit.slack_buckets.take([workspace]))

    assert [wait == 0 for wait in waits] == [True, False, False, False, True]


async def test_what_slack_asks_one_replica_to_wait_every_replica_waits(
    db: Database, replica: Database, workspace_id: UUID, sandbox: Sandbox
) -> None:
    sandbox.slack.faults.rate_limit(START, 50)
    client = client_of(sandbox, Limits(db), workspace_id)

    with pytest.raises(SlackRefused, match="ratelimited"):
        await client.call(START, channel="C0GENERAL", thread_ts="1.0")

    assert 40 < await Limits(replica).take(workspace_id, START) <= 50
    assert await Limits(replica).take(workspace_id, POST, "C0GENERAL") == 0


async def test_a_post_waits_for_its_turn(db: Database, workspace_id: UUID, sandbox: Sandbox) -> None:
    limits = Limits(db)
    await limits.obey(workspace_id, POST, 0.2)
    assert await limits.take(workspace_id, POST)

    await client_of(sandbox, limits, workspace_id).call(POST, **HELLO)

    assert [call for call, _ in sandbox.slack.api.calls] == [POST]


async def test_a_turn_that_is_far_away_is_refused_without_a_call(
    db: Database, workspace_id: UUID, sandbox: Sandbox
) -> None:
    limits = Limits(db)
    await limits.obey(workspace_id, POST, 600)

    with pytest.raises(SlackRefused, match="ratelimited"):
        await client_of(sandbox, limits, workspace_id).call(POST, **HELLO)

    assert sandbox.slack.api.calls == []


async def test_a_method_without_a_known_limit_is_never_held_up(workspace_id: UUID) -> None:
    no_database: Database = None  # type: ignore[assignment]

    assert await Limits(no_database).take(workspace_id, "views.open") == 0


def client_of(sandbox: Sandbox, limits: Limits, workspace_id: UUID) -> SlackClient:
    """The sandbox's team, called under these limits."""
    return SlackClient(sandbox.slack.state.bot_token, sandbox.slack.api_url, limits.of(workspace_id))
