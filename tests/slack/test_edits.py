"""An edit before the work begins changes the ask; a deleted question is answered no more, and an answer stays."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import asyncpg
import pytest

from bot.app import Lucy
from bot.db.database import Database
from bot.sandbox.sandbox import Sandbox
from bot.slack.edits import Edit, edited
from bot.slack.thread import Threads
from tests.onlooker import until
from tests.slack.test_deliver import Take, take, threads
from tests.slack.test_ingest import lucy_on, signed
from tests.test_main_job import done
from tests.test_recovery import claim

__all__ = ["take", "threads"]

CHANNEL = "C0GENERAL"
NOW = {"text": "<@U0LUCY> in French", "ts": "1.2", "user": "U0BEN", "edited": {"user": "U0BEN", "ts": "1.3"}}
BEFORE = {"text": "<@U0LUCY> in Dutch", "ts": "1.2", "user": "U0BEN"}


def change(message: Any = NOW, before: Any = BEFORE, **more: Any) -> dict[str, Any]:
    told = {"type": "message", "subtype": "message_changed", "channel": "C1", "ts": "1.4"}
    return {**told, "message": message, "previous_message": before, **more}


@pytest.mark.parametrize(
    "event",
    [
        change({**NOW, "edited": None}),
        change(before=NOW),
        change({**NOW, "text": None}),
        change("odd"),
        change({**NOW, "ts": 7}),
        change(subtype="message_deleted"),
        change(channel=["odd"]),
    ],
)
def test_what_changes_no_word_is_no_edit(event: dict[str, Any]) -> None:
    assert edited({"event": event}) is None
    assert edited({"event": change()}) == Edit("C1", "1.2", "<@U0LUCY> in French")


async def test_an_ask_that_waits_is_asked_as_it_was_edited(db: Database, workspace_id: UUID) -> None:
    app = lucy_on(db)

    await app.async_dispatch(signed({"text": BEFORE["text"]}))
    await app.async_dispatch(signed({"text": "<@U0LUCY> other words", "ts": "2.0"}, "Ev2"))
    answer = await app.async_dispatch(signed(change(), "Ev3"))

    first, second = await claim(db), await claim(db)
    assert (answer.status, first.text, second.text) == (200, NOW["text"], "<@U0LUCY> other words")


async def test_a_file_on_an_edited_ask_still_hangs_on_it(db: Database, workspace_id: UUID) -> None:
    file = {"id": "F1", "name": "q3.csv", "mimetype": "text/csv", "size": 12}
    app = lucy_on(db)

    await app.async_dispatch(signed({"text": BEFORE["text"], "files": [file]}))
    await app.async_dispatch(signed(change({**NOW, "files": [file]}), "Ev2"))

    ask = await claim(db)
    assert (ask.text, [one.id for one in ask.files]) == (NOW["text"], ["F1"])


async def test_an_edit_of_what_is_in_work_or_answered_changes_nothing(
    db: Database, workspace_id: UUID, onlooker: asyncpg.Connection
) -> None:
    app = lucy_on(db)
    await app.async_dispatch(signed({"text": BEFORE["text"]}))
    ask = await claim(db)
    sealed = await onlooker.fetchval("SELECT sealed_text FROM inbox")

    await app.async_dispatch(signed(change(), "Ev2"))
    meanwhile = await onlooker.fetchval("SELECT sealed_text FROM inbox")
    async with db.unit(workspace_id) as unit:
        await unit.endings.end(ask.lease, "answered")
    await app.async_dispatch(signed(change(), "Ev3"))

    assert meanwhile == sealed
    assert [tuple(row) for row in await onlooker.fetch("SELECT state, sealed_text FROM inbox")] == [("done", None)]


async def test_an_answer_is_to_the_edited_words(running: Lucy, sandbox: Sandbox) -> None:
    gemini = sandbox.providers["gemini"]
    gemini.answer_s = 1.0
    root = await sandbox.slack.say("U0BEN", CHANNEL, "<@U0LUCY> hello")
    await until(lambda: len(gemini.requests) == 1)
    second = await sandbox.slack.say("U0BEN", CHANNEL, "<@U0LUCY> hello in Dutch", root)

    await sandbox.slack.edit(CHANNEL, second, "<@U0LUCY> hello in French")
    await done(running)
    await sandbox.slack.edit(CHANNEL, second, "<@U0LUCY> hello in Greek")
    await done(running)

    assert gemini.requests[-1].prompt.rstrip().endswith("hello in French")
    assert len(sandbox.slack.answers(CHANNEL, root)) == 2


async def test_a_question_deleted_while_it_waits_costs_nothing_and_is_not_answered(
    running: Lucy, sandbox: Sandbox
) -> None:
    gemini = sandbox.providers["gemini"]
    gemini.answer_s = 1.0
    root = await sandbox.slack.say("U0BEN", CHANNEL, "<@U0LUCY> hello")
    await until(lambda: len(gemini.requests) == 1)
    second = await sandbox.slack.say("U0BEN", CHANNEL, "<@U0LUCY> and this?", root)

    await sandbox.slack.delete(CHANNEL, second)
    await done(running)

    assert len(gemini.requests) == 1
    assert len(sandbox.slack.answers(CHANNEL, root)) == 1


async def test_what_was_heard_of_an_answer_nobody_wants_any_more_is_paid_for(
    running: Lucy, sandbox: Sandbox, onlooker: asyncpg.Connection
) -> None:
    gemini = sandbox.providers["gemini"]
    gemini.pace_s = 0.02
    gemini.answers("One sentence of many, slowly said. " * 200)
    ts = await sandbox.slack.say("U0BEN", CHANNEL, "<@U0LUCY> hello")
    await until(lambda: bool(sandbox.slack.answers(CHANNEL, ts)))

    await sandbox.slack.delete(CHANNEL, ts)
    await done(running)

    [row] = await onlooker.fetch("SELECT state, error_class, cost_usd, reserved_usd FROM cost_log")
    assert (row["state"], row["error_class"]) == ("failed", "cancelled")
    assert 0 < row["cost_usd"] < row["reserved_usd"]
    assert sandbox.slack.answers(CHANNEL, ts) == []
    assert await onlooker.fetchval("SELECT outcome FROM inbox") == "withdrawn"


@pytest.mark.parametrize("channel", ["C0GENERAL", "D0LUCY"])
async def test_an_answer_that_stands_stays_when_its_question_goes(
    running: Lucy, sandbox: Sandbox, channel: str
) -> None:
    ts = await sandbox.slack.say("U0ADA", channel, "<@U0LUCY> hello")
    await done(running)

    await sandbox.slack.delete(channel, ts)

    assert len(sandbox.slack.answers(channel, ts)) == 1


@pytest.mark.parametrize("standing", [0, 1])
async def test_of_an_answer_whose_question_is_gone_no_more_is_said_than_stands_there(
    threads: Threads, take: Take, sandbox: Sandbox, db: Database, standing: int
) -> None:
    ask = await take("one", "two")
    async with db.unit(ask.workspace_id) as unit:
        for part in range(standing):
            await unit.replies.posted(ask.lease, part, "9.9")
        await unit.stops.withdraw(CHANNEL, ask.ts)

    async with threads.at_work(ask) as live:
        ended = await threads.deliver(ask, live, "answered")

    assert (ended, sandbox.slack.answers(CHANNEL, ask.ts)) == ("withdrawn", [])
    async with db.unit(ask.workspace_id) as unit:
        assert [part.part for part in (await unit.replies.stored(ask.task_id)).parts] == list(range(standing))
