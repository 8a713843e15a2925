"""Stop ends the model call for whoever may press it, wherever it was pressed; what was said and paid for stays."""

from __future__ import annotations

from typing import Any

import asyncpg
import pytest

from bot.app import Lucy
from bot.sandbox.sandbox import Sandbox
from bot.worker import STOPPED
from tests.onlooker import until
from tests.test_main_job import ACME, done

CHANNEL = "C0GENERAL"
LONG = "One sentence of many, slowly said. " * 200


@pytest.fixture
async def begun(running: Lucy, sandbox: Sandbox) -> str:
    """Ben asked something, and sees the begin of a long answer; the ts of his message."""
    gemini = sandbox.providers["gemini"]
    gemini.pace_s = 0.02
    gemini.answers(LONG)
    ts = await sandbox.slack.say("U0BEN", CHANNEL, "<@U0LUCY> hello")
    await until(lambda: "".join(sandbox.slack.answers(CHANNEL, ts)).startswith("One sentence"))
    return ts


@pytest.mark.parametrize("who", ["U0BEN", "U0ADA"])
async def test_the_asker_and_an_admin_stop_her(running: Lucy, sandbox: Sandbox, begun: str, who: str) -> None:
    status = await sandbox.slack.stop(who, CHANNEL, begun)
    await done(running)

    [said] = sandbox.slack.answers(CHANNEL, begun)
    words, _, mark = said.rpartition("\n\n")
    assert status == 200
    assert mark == STOPPED
    assert LONG.startswith(words)
    assert 0 < len(words) < len(LONG.strip())
    assert len(sandbox.providers["gemini"].hung_up) == 1


async def test_what_a_stopped_answer_cost_is_in_the_ledger_and_under_it(
    running: Lucy, sandbox: Sandbox, begun: str, onlooker: asyncpg.Connection
) -> None:
    await sandbox.slack.stop("U0BEN", CHANNEL, begun)
    await done(running)

    [row] = await onlooker.fetch("SELECT state, error_class, usage_source, cost_usd, reserved_usd FROM cost_log")
    message = sandbox.slack.messages(CHANNEL, begun)[-1]
    assert (row["state"], row["error_class"], row["usage_source"]) == ("failed", "cancelled", "estimated")
    assert 0 < row["cost_usd"] < row["reserved_usd"]
    assert "· stopped" in str(message["blocks"])
    assert "streaming" not in message


async def test_somebody_else_is_told_that_they_may_not(running: Lucy, sandbox: Sandbox, begun: str) -> None:
    told: list[dict[str, Any]] = []
    sandbox.slack.subscribe(lambda event: told.append(event) if event["event"] == "ephemeral" else None)
    sandbox.providers["gemini"].pace_s = 0.002

    await sandbox.slack.stop("U0EVA", CHANNEL, begun)
    await until(lambda: bool(told))
    await done(running)

    assert sandbox.slack.answers(CHANNEL, begun) == [LONG.strip()]
    assert told[0]["user"] == "U0EVA"


async def test_a_deleted_question_has_no_answer(running: Lucy, sandbox: Sandbox, begun: str) -> None:
    await sandbox.slack.delete(CHANNEL, begun)
    await done(running)

    assert [said for said in sandbox.slack.messages(CHANNEL) if said.get("thread_ts") == begun] == []
    assert len(sandbox.providers["gemini"].hung_up) == 1


async def test_the_session_is_at_work_and_then_settled(running: Lucy, sandbox: Sandbox) -> None:
    told: list[str] = []
    sandbox.slack.subscribe(lambda event: told.append(event["status"]) if event["event"] == "session" else None)

    await sandbox.slack.say("U0BEN", CHANNEL, "<@U0LUCY> hello")
    await done(running)
    await until(lambda: told[-1:] == ["active"])

    assert told[0] == "processing"
    assert "assistant.threads.setStatus" not in {method for method, _ in sandbox.slack.api.calls}


async def test_without_sessions_the_older_status_is_shown(running: Lucy, sandbox: Sandbox) -> None:
    told: list[str] = []
    sandbox.slack.faults.error("agents.sessions.setStatus", "not_allowed")
    sandbox.slack.subscribe(lambda event: told.append(event["status"]) if event["event"] == "status" else None)

    await sandbox.slack.say("U0BEN", CHANNEL, "<@U0LUCY> hello")
    await done(running)
    await until(lambda: len(told) == 2)

    assert told == ["is thinking…", ""]


async def test_a_stop_that_another_replica_heard_of_is_obeyed(running: Lucy, sandbox: Sandbox, begun: str) -> None:
    async with running.db.unit(ACME) as unit:
        await unit.stops.stop(CHANNEL, begun, "U0BEN")
    await done(running)

    assert sandbox.slack.answers(CHANNEL, begun)[0].endswith(STOPPED)


async def test_a_stop_in_a_thread_where_nobody_works_ends_nothing_later(running: Lucy, sandbox: Sandbox) -> None:
    root = await sandbox.slack.say("U0BEN", CHANNEL, "plain talk")
    await sandbox.slack.stop("U0BEN", CHANNEL, root)

    await sandbox.slack.say("U0BEN", CHANNEL, "<@U0LUCY> hello", root)
    await done(running)

    [said] = sandbox.slack.answers(CHANNEL, root)
    assert STOPPED not in said
