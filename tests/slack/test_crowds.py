"""Who asks more than can be answered is refused, told so once, and holds up nobody else."""

from __future__ import annotations

import time
from uuid import UUID

import asyncpg
import pytest
from slack_bolt.request.async_request import AsyncBoltRequest

from bot.db.crowds import Most
from bot.db.database import Database
from bot.db.ids import workspace_id_of
from bot.sandbox.sandbox import Sandbox
from bot.slack.budget_notices import BudgetNotices
from bot.slack.ingest import Ingest
from bot.slack.installations import Clients, OneToken, introduce
from bot.slack.people import People
from tests.slack.test_ingest import lucy_on, signed, waiting

ROOM = Most(of_person=100, in_thread=100, of_workspace=100)


@pytest.mark.parametrize(
    ("most", "told", "by"),
    [
        (Most(2, 9, 9), "2 of your questions are waiting with me", "chat.postEphemeral"),
        (Most(9, 2, 9), "2 questions are waiting in this thread", "chat.postMessage"),
        (Most(9, 9, 2), "2 questions are waiting in this workspace", "chat.postMessage"),
    ],
)
async def test_what_is_too_much_is_refused_with_one_sentence_to_whom_it_concerns(
    db: Database, workspace_id: UUID, sandbox: Sandbox, most: Most, told: str, by: str
) -> None:
    app = lucy_on(db, ingest=Ingest(db, lambda: None, most))

    answers = [await app.async_dispatch(mention(sandbox, number)) for number in range(5)]
    for _ in range(2):
        await tell(db, sandbox, workspace_id)

    said = [sent["text"] for method, sent in sandbox.slack.api.calls if method == by]
    assert [answer.status for answer in answers] == [200] * 5
    assert await waiting(db) == 2
    assert len(said) == 1
    assert told in said[0]


async def test_who_asks_as_fast_as_a_machine_is_told_so_once_and_heard_no_more(
    db: Database, workspace_id: UUID, sandbox: Sandbox, onlooker: asyncpg.Connection
) -> None:
    app = lucy_on(db, ingest=Ingest(db, lambda: None, Most(9, 9, 9, at_pace=2)))

    for number in range(6):
        await app.async_dispatch(signed({**_NOW, "ts": f"{time.time():.0f}.{number:06d}"}, f"Ev{number}"))
        await onlooker.execute(
            "UPDATE inbox SET state = 'done', outcome = 'answered', done_at = now() WHERE state = 'new'"
        )
        await tell(db, sandbox, workspace_id)
    await app.async_dispatch(signed({**_NOW, "ts": f"{time.time():.0f}.9", "channel": "C0RANDOM"}, "Ev9"))

    said = [words for call, words in sandbox.slack.api.calls if call.startswith("chat.")]
    assert len(said) == 1
    assert "2 of your questions came within ten minutes here" in said[0]["text"]
    assert await waiting(db) == 1


_NOW = {"channel": "C0GENERAL", "user": "U0BEN"}


async def test_a_repeat_of_what_was_refused_is_refused_still_when_there_is_room_again(
    db: Database, workspace_id: UUID, sandbox: Sandbox
) -> None:
    none = lucy_on(db, ingest=Ingest(db, lambda: None, Most(1, 9, 9)))
    for number in range(2):
        await none.async_dispatch(mention(sandbox, number))

    await lucy_on(db, ingest=Ingest(db, lambda: None, ROOM)).async_dispatch(mention(sandbox, 1))

    assert await waiting(db) == 1


async def test_a_repeat_of_what_waits_is_no_second_ask_that_could_be_refused(
    db: Database, workspace_id: UUID, sandbox: Sandbox, onlooker: asyncpg.Connection
) -> None:
    app = lucy_on(db, ingest=Ingest(db, lambda: None, Most(1, 9, 9)))

    for _ in range(3):
        await app.async_dispatch(mention(sandbox, 0))

    assert await waiting(db) == 1
    assert await onlooker.fetchval("SELECT count(*) FROM budget_notice") == 0


async def test_a_colleague_and_a_neighbour_of_who_asks_too_much_are_taken(
    db: Database, workspace_id: UUID, sandbox: Sandbox
) -> None:
    async with db.unit(workspace_id_of("T0OTHER")) as unit:
        await unit.workspaces.welcome("T0OTHER", "Other", "U0LUCY")
    app = lucy_on(db, ingest=Ingest(db, lambda: None, Most(1, 9, 9)))

    for number in range(3):
        await app.async_dispatch(mention(sandbox, number))
    await app.async_dispatch(signed({"user": "U0ADA", "ts": "8.8"}, "Ev8"))
    await app.async_dispatch(signed({"ts": "9.9"}, "Ev9", team="T0OTHER"))

    assert await waiting(db) == 3


async def test_nothing_of_what_was_refused_is_kept(
    db: Database, workspace_id: UUID, sandbox: Sandbox, onlooker: asyncpg.Connection
) -> None:
    app = lucy_on(db, ingest=Ingest(db, lambda: None, Most(1, 9, 9)))

    for number in range(3):
        await app.async_dispatch(mention(sandbox, number))

    rows = await onlooker.fetch("SELECT outcome, sealed_text FROM inbox WHERE state = 'done' ORDER BY ts")
    assert [tuple(row) for row in rows] == [("refused", None), ("refused_again", None)]


def root(sandbox: Sandbox) -> str:
    """The first message of the general channel."""
    return str(sandbox.slack.messages("C0GENERAL")[0]["ts"])


def mention(sandbox: Sandbox, number: int) -> AsyncBoltRequest:
    """One of many in one thread, as Slack delivers it."""
    return signed({"channel": "C0GENERAL", "thread_ts": root(sandbox), "ts": f"5.{number}"}, f"Ev{number}")


async def tell(db: Database, sandbox: Sandbox, workspace_id: UUID) -> None:
    """Post what is due, as the schedule does."""
    access = await introduce(sandbox.slack.state.bot_token, sandbox.slack.api_url, db)
    clients = Clients(OneToken(access), sandbox.slack.api_url)
    await BudgetNotices(db, clients, People(clients)).tell(workspace_id)
