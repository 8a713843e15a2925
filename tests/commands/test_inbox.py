"""`lucy inbox`: operators see what waits without a word of it, take it up again, or be done with it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest
from typer.testing import CliRunner

from bot.__main__ import app
from bot.db.audit import OPERATOR, Change
from bot.db.database import Database
from bot.db.ids import new_id
from bot.db.inbox import TakenAsk
from bot.db.operator_inbox import NoSuchAsk, NotNow
from bot.errors import LeaseLost, SettingError
from tests.test_recovery import claim, new_ask

SECRET = "words that nobody else may read"


@pytest.fixture
def settings(database_url: str, workspace_id: UUID, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`lucy` in an empty folder, on this test's database."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", database_url)


@pytest.fixture
async def dead(db: Database, workspace_id: UUID, settings: None) -> TakenAsk:
    """An ask that was tried too often, and was told so."""
    ask = await in_work(db, workspace_id, "1.0")
    async with db.unit(workspace_id) as unit:
        await unit.replies.store(ask.lease, ["I tried this several times."])
        await unit.replies.posted(ask.lease, 0, "1.1")
        await unit.endings.end(ask.lease, "dead")
    return ask


async def test_what_is_not_done_is_listed_by_workspace_without_a_word_of_it(
    db: Database, workspace_id: UUID, dead: TakenAsk
) -> None:
    taken = await in_work(db, workspace_id, "2.0")
    async with db.unit(workspace_id) as unit:
        await unit.inbox.add(new_ask("3.0", "3.0", SECRET))

    shown, [exact] = await lucy(), json.loads(await lucy("--json"))

    assert "T0ACME: 1 waiting, 1 in work, 1 dead" in shown
    assert str(dead.task_id) in shown
    assert [(ask["task_id"], ask["state"], ask["attempts"], ask["outcome"]) for ask in exact["asks"][:2]] == [
        (str(dead.task_id), "dead", 1, "dead"),
        (str(taken.task_id), "leased", 1, None),
    ]
    assert all(ask["age_s"] >= 0 for ask in exact["asks"])
    assert SECRET not in shown + str(exact)


async def test_a_dead_ask_begins_anew_as_a_task_that_no_old_answer_belongs_to(
    db: Database, workspace_id: UUID, dead: TakenAsk
) -> None:
    told = await lucy("retry", str(dead.task_id)[-8:])

    again = await claim(db)
    async with db.unit(workspace_id) as unit:
        kept, [change] = await unit.replies.kept(again.task_id), await unit.audit.newest()
    assert (again.ts, again.text, again.attempts, kept) == (dead.ts, SECRET, 1, False)
    assert again.task_id != dead.task_id
    assert str(again.task_id) in told
    assert change == Change(
        OPERATOR,
        "inbox.retry",
        str(dead.task_id),
        {"state": "dead", "attempts": 1, "outcome": "dead"},
        {"state": "new", "task": str(again.task_id)},
        change.at,
    )


async def test_an_ask_that_waits_for_its_next_try_is_taken_up_now_and_stays_the_task_it_is(
    db: Database, workspace_id: UUID, settings: None, onlooker: asyncpg.Connection
) -> None:
    ask = await in_work(db, workspace_id, "1.0")
    async with db.unit(workspace_id) as unit:
        await unit.inbox.hand_back(ask.lease)
    await onlooker.execute("UPDATE inbox SET run_at = now() + interval '1 hour'")

    await lucy("retry", str(ask.task_id))

    again = await claim(db)
    assert (again.task_id, again.attempts) == (ask.task_id, 2)


async def test_what_is_dropped_has_no_words_left_and_whoever_worked_on_it_lost_it(
    db: Database, workspace_id: UUID, settings: None, onlooker: asyncpg.Connection
) -> None:
    ask = await in_work(db, workspace_id, "1.0")
    async with db.unit(workspace_id) as unit:
        await unit.replies.store(ask.lease, ["an answer"])

    await lucy("drop", str(ask.task_id))

    async with db.unit(workspace_id) as unit:
        with pytest.raises(LeaseLost):
            await unit.endings.end(ask.lease, "answered")
        [change] = await unit.audit.newest()
    left = await onlooker.fetchrow(
        "SELECT state, outcome, sealed_text, (SELECT max(text) FROM reply_part) FROM inbox WHERE done_at IS NOT NULL"
    )
    assert tuple(left) == ("done", "dropped", None, None)
    assert (change.action, change.subject, change.actor) == ("inbox.drop", str(ask.task_id), OPERATOR)


@pytest.mark.parametrize("words", [("retry",), ("drop",)])
async def test_what_is_done_stays_done_and_leaves_no_trail(
    db: Database, workspace_id: UUID, settings: None, words: tuple[str, ...]
) -> None:
    ask = await in_work(db, workspace_id, "1.0")
    async with db.unit(workspace_id) as unit:
        await unit.endings.end(ask.lease, "answered")

    with pytest.raises(NotNow, match="done"):
        await lucy(*words, str(ask.task_id))

    async with db.unit(workspace_id) as unit:
        assert list(await unit.audit.newest()) == []


async def test_an_ask_in_work_or_one_whose_text_was_wiped_is_not_retried(
    db: Database, workspace_id: UUID, dead: TakenAsk, onlooker: asyncpg.Connection
) -> None:
    taken = await in_work(db, workspace_id, "2.0")
    await onlooker.execute("UPDATE inbox SET sealed_text = NULL WHERE state = 'dead'")

    for ask in (taken, dead):
        with pytest.raises(NotNow, match="only what waits"):
            await lucy("retry", str(ask.task_id))


@pytest.mark.usefixtures("settings")
async def test_an_id_that_no_ask_has_and_a_state_that_there_is_not_are_refused() -> None:
    with pytest.raises(NoSuchAsk, match="no ask has"):
        await lucy("drop", new_id().hex)
    with pytest.raises(SettingError, match="--state"):
        await lucy("--state", "lost")
    assert "Nothing waits" in await lucy()


async def in_work(db: Database, workspace_id: UUID, ts: str) -> TakenAsk:
    """An ask in another worker's hand."""
    async with db.unit(workspace_id) as unit:
        await unit.inbox.add(new_ask(ts, ts, SECRET))
    return await claim(db)


async def lucy(*words: str) -> str:
    """A command's output; it runs its own loop, so it runs in a thread. Raises what the command raised."""
    ran = await asyncio.to_thread(CliRunner().invoke, app, ["inbox", *words])
    if ran.exception:
        raise ran.exception
    return ran.output
