"""Kept context: where a workspace wants it, what Lucy was asked and answered is known for a day, whatever Slack lets her read."""

from __future__ import annotations

import asyncpg
import pytest

from bot.app import Lucy
from bot.db.file_refs import FileRef
from bot.db.inbox import NewAsk
from bot.sandbox.sandbox import Sandbox
from bot.slack.history import merged
from bot.slack.switch_form import SWITCHES
from tests.onlooker import until
from tests.slack.test_presses import whispers
from tests.test_main_job import ACME, done
from tests.test_two_tenants import prompts

__all__ = ["whispers"]

CHANNEL = "C0GENERAL"
[KEPT_NO_MORE] = [one.off for one in SWITCHES if one.switch == "keeps_context"]
ASKED = "<@U0LUCY> hello, the merger is called bluebird"
ANSWER = "Noted: `List<int>` & more."


@pytest.fixture
async def keeping(running: Lucy) -> Lucy:
    """A workspace that turned it on."""
    async with running.db.unit(ACME) as unit:
        await unit.switches.turn("keeps_context", on=True)
    return running


@pytest.fixture
async def root(keeping: Lucy, sandbox: Sandbox) -> str:
    """A thread in which Ben asked and was answered."""
    sandbox.providers["gemini"].answers(ANSWER)
    ts = await sandbox.slack.say("U0BEN", CHANNEL, ASKED)
    await done(keeping)
    return ts


@pytest.mark.parametrize("limited", [False, True])
async def test_a_thread_that_slack_does_not_show_is_known_from_what_was_kept(
    keeping: Lucy, sandbox: Sandbox, root: str, limited: bool
) -> None:
    if limited:
        sandbox.slack.faults.rate_limit("conversations.replies", 60, times=99)
    else:
        sandbox.slack.faults.error("conversations.replies", "missing_scope", times=99)

    await sandbox.slack.say("U0BEN", CHANNEL, "<@U0LUCY> hello again", root)
    await done(keeping)

    told = prompts(sandbox)[-1]
    assert "Ben Ito: @Lucy hello, the merger is called bluebird" in told
    assert ANSWER in told


async def test_it_is_encrypted_and_of_others_words_nothing_is_kept(
    keeping: Lucy, sandbox: Sandbox, root: str, onlooker: asyncpg.Connection
) -> None:
    await sandbox.slack.say("U0EVA", CHANNEL, "<@U0DEV> have you seen the bluebird?", root)
    await done(keeping)

    rows = await onlooker.fetch("SELECT user_id, sealed_text FROM kept_message ORDER BY ts")

    assert [row["user_id"] for row in rows] == ["U0BEN", None]
    assert all(b"bluebird" not in row["sealed_text"] for row in rows)


async def test_of_an_ask_with_files_its_words_are_known(keeping: Lucy) -> None:
    ask = NewAsk("Ev7", CHANNEL, "channel", "7.0", "7.0", "U0BEN", "what is it?", (FileRef("F1", "a.csv"),))
    async with keeping.db.unit(ACME) as unit:
        await unit.inbox.add(ask)
    await done(keeping)

    async with keeping.db.unit(ACME) as unit:
        kept = await unit.kept.of(CHANNEL, "7.0")

    assert next(one.text for one in kept if one.user_id) == "what is it?"


async def test_it_is_off_by_default(running: Lucy, sandbox: Sandbox, onlooker: asyncpg.Connection) -> None:
    await sandbox.slack.say("U0BEN", CHANNEL, ASKED)
    await done(running)

    assert await onlooker.fetchval("SELECT count(*) FROM kept_message") == 0


async def test_turned_off_by_an_admin_it_is_gone_at_once(
    keeping: Lucy, sandbox: Sandbox, root: str, whispers: list[str], onlooker: asyncpg.Connection
) -> None:
    await sandbox.slack.command("/lucy-costs", "keep-context off", "U0ADA", CHANNEL)
    await until(lambda: whispers == [KEPT_NO_MORE])

    assert await onlooker.fetchval("SELECT count(*) FROM kept_message") == 0
    async with keeping.db.unit(ACME) as unit:
        changes = [one.after for one in await unit.audit.newest() if one.action == "keeps_context.set"]
    assert changes == [{"on": False}]


async def test_after_a_day_it_is_neither_read_nor_there(keeping: Lucy, root: str, onlooker: asyncpg.Connection) -> None:
    left = await onlooker.fetchval("SELECT max(expires_at) - now() <= interval '24 hours' FROM kept_message")
    await onlooker.execute("UPDATE kept_message SET expires_at = now() - interval '1 second'")

    async with keeping.db.unit(ACME) as unit:
        read = await unit.kept.of(CHANNEL, root)
    async with keeping.db.operations() as operations:
        await operations.clean()

    assert (left, read) == (True, [])
    assert await onlooker.fetchval("SELECT count(*) FROM kept_message") == 0


async def test_a_question_that_is_deleted_is_kept_no_longer(
    keeping: Lucy, sandbox: Sandbox, root: str, onlooker: asyncpg.Connection
) -> None:
    await sandbox.slack.delete(CHANNEL, root)

    assert [row["user_id"] for row in await onlooker.fetch("SELECT user_id FROM kept_message")] == [None]


async def test_an_uninstall_takes_it_along(
    keeping: Lucy, sandbox: Sandbox, root: str, onlooker: asyncpg.Connection
) -> None:
    await sandbox.slack.uninstall()

    assert await onlooker.fetchval("SELECT count(*) FROM kept_message") == 0


def test_slacks_word_is_newer_than_what_was_kept() -> None:
    kept = [{"ts": "1.2", "text": "as it was"}, {"ts": "1.4", "text": "kept"}, {"ts": "1.9", "text": "later"}]
    read = [{"ts": "1.1", "text": "root"}, {"ts": "1.2", "text": "edited"}]

    assert [one["text"] for one in merged(kept, read, "1.9")] == ["root", "edited", "kept"]
