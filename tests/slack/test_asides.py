"""What concerns one person is told to them alone; guests as admins decide, and machines not at all."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import aiohttp
import asyncpg
import pytest

from bot.app import Lucy
from bot.costs.budget_words import REQUEST_ACTION
from bot.db.budgets import BudgetKey
from bot.db.database import Database
from bot.sandbox.sandbox import Sandbox
from bot.sandbox.slack.workspace import SlackWorkspace
from bot.slack.asides import NO_GUESTS, Asides
from bot.slack.budget_blocks import APPROVE_ACTION
from bot.slack.costs_words import ADMINS_ONLY
from bot.slack.installations import Clients, OneToken, introduce
from bot.slack.people import People
from tests.costs.budgeting import limit
from tests.onlooker import until
from tests.slack.test_deliver import Take, take, threads
from tests.slack.test_install import browser, open_to_all, visit
from tests.slack.test_manners import asked, press_in
from tests.test_budgets import TOO_LITTLE
from tests.test_main_job import ACME, answered, done

__all__ = ["browser", "open_to_all", "take", "threads"]

CHANNEL = "C0GENERAL"


def whispers(slack: SlackWorkspace) -> list[dict[str, Any]]:
    """What one person alone is shown from now on."""
    told: list[dict[str, Any]] = []
    slack.subscribe(lambda event: told.append(event) if event["event"] == "ephemeral" else None)
    return told


@pytest.fixture
async def globex(open_to_all: Lucy, sandbox: Sandbox, browser: aiohttp.ClientSession) -> SlackWorkspace:
    """A workspace with a guest, where Lucy is installed."""
    await visit(browser, f"{open_to_all.url}/slack/install")
    return sandbox.globex


async def switch(slack: SlackWorkspace, way: str, user: str = "U1HANK") -> str:
    told = await slack.command("/lucy-costs", f"guests {way}", user, "C1LOBBY")
    await until(lambda: bool(told))
    return str(told[0]["text"])


async def test_a_guest_is_answered_like_anybody_until_an_admin_says_no(
    open_to_all: Lucy, globex: SlackWorkspace
) -> None:
    first = await globex.say("U1GUEST", "C1LOBBY", "<@U1LUCY> hello")
    await answered(globex, "C1LOBBY", first)
    refused, off = await switch(globex, "off", "U1IDA"), await switch(globex, "off")
    told = whispers(globex)

    second = await globex.say("U1GUEST", "C1LOBBY", "<@U1LUCY> hello")
    third = await globex.say("U1IDA", "C1LOBBY", "<@U1LUCY> hello")
    await done(open_to_all)

    assert (refused, "members only" in off) == (ADMINS_ONLY, True)
    assert [(event["user"], event["message"]["text"]) for event in told] == [("U1GUEST", NO_GUESTS)]
    assert [len(globex.answers("C1LOBBY", ts)) for ts in (first, second, third)] == [1, 0, 1]


async def test_in_direct_messages_a_guest_is_told_so_where_it_stays(
    open_to_all: Lucy, globex: SlackWorkspace, sandbox: Sandbox
) -> None:
    await switch(globex, "off")
    direct = globex.state.direct("U1GUEST")

    ts = await globex.say("U1GUEST", direct, "hello")
    await done(open_to_all)

    assert globex.answers(direct, ts) == [NO_GUESTS]
    assert sandbox.providers.invoice_total() == 0
    await switch(globex, "on")
    again = await globex.say("U1GUEST", direct, "hello")
    await done(open_to_all)
    assert globex.answers(direct, again) not in ([], [NO_GUESTS])


async def test_a_machine_that_posts_as_a_user_is_not_answered_and_a_loop_ends_there(
    running: Lucy, sandbox: Sandbox, onlooker: asyncpg.Connection
) -> None:
    ts = await sandbox.slack.say("U0CIBT", CHANNEL, "<@U0LUCY> the build is red, what now?")
    await done(running)

    assert sandbox.slack.answers(CHANNEL, ts) == []
    assert sandbox.providers.invoice_total() == 0
    assert await onlooker.fetchval("SELECT outcome FROM inbox") == "barred"


async def test_who_meets_their_own_limit_is_told_alone_and_may_ask_for_more(running: Lucy, sandbox: Sandbox) -> None:
    await limit(running.db, ACME, BudgetKey("user", "U0BEN", "day"), TOO_LITTLE)
    told = whispers(sandbox.slack)

    ts = await sandbox.slack.say("U0BEN", CHANNEL, "<@U0LUCY> hello")
    await done(running)
    [button] = told[0]["message"]["blocks"][1]["elements"]
    await sandbox.slack.press(REQUEST_ACTION, button["value"], "U0BEN", CHANNEL, told[0]["message"]["ts"])
    await until(lambda: bool(asked(sandbox)))
    before = sandbox.slack.answers(CHANNEL, ts)
    await press_in(sandbox, asked(sandbox)[0], APPROVE_ACTION)
    await until(lambda: bool(sandbox.slack.answers(CHANNEL, ts)))

    assert told[0]["user"] == "U0BEN"
    assert "Your budget" in told[0]["message"]["text"]
    assert "thread_ts" not in told[0]["message"]
    assert before == []
    assert "raised your budget" in sandbox.slack.answers(CHANNEL, ts)[0]


async def test_in_a_thread_that_has_replies_the_aside_stands_there(running: Lucy, sandbox: Sandbox) -> None:
    root = await sandbox.slack.say("U0EVA", CHANNEL, "plain talk")
    await limit(running.db, ACME, BudgetKey("user", "U0BEN", "day"), TOO_LITTLE)
    told = whispers(sandbox.slack)

    await sandbox.slack.say("U0BEN", CHANNEL, "<@U0LUCY> hello", root)
    await done(running)

    assert told[0]["message"]["thread_ts"] == root


@pytest.mark.parametrize("channel", ["D0LUCY", CHANNEL])
async def test_where_an_aside_cannot_be_it_is_an_answer(running: Lucy, sandbox: Sandbox, channel: str) -> None:
    await limit(running.db, ACME, BudgetKey("user", "U0ADA", "day"), TOO_LITTLE)
    sandbox.slack.faults.error("chat.postEphemeral", "user_not_in_channel")

    ts = await sandbox.slack.say("U0ADA", channel, "<@U0LUCY> hello")
    await done(running)

    [said] = sandbox.slack.answers(channel, ts)
    assert "Your budget" in said


async def test_whom_slack_does_not_show_in_time_is_answered(
    db: Database, workspace_id: UUID, sandbox: Sandbox, take: Take
) -> None:
    sandbox.slack.faults.delay("users.info", 5)
    access = await introduce(sandbox.slack.state.bot_token, sandbox.slack.api_url, db)
    clients = Clients(OneToken(access), sandbox.slack.api_url)

    barred = await Asides(db, clients, People(clients), within_s=0.05).barred(await take("one"))

    assert barred is None
