"""A budget from the outside: someone hits the cap, asks for more, an admin says yes, and the next ask is answered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from bot.app import Lucy
from bot.costs.budget_words import REQUEST_ACTION
from bot.db.audit import Change
from bot.db.budgets import Mode
from bot.db.ids import workspace_id_of
from bot.sandbox.sandbox import Sandbox
from bot.slack.budget_blocks import APPROVE_ACTION, DENY_ACTION
from tests.costs.budgeting import DAILY, WORKSPACE, agree, limit, opens, standings
from tests.test_main_job import ACME, answered, done

HELLO = "<@U0LUCY> hello there, what is our zip code?"
HARD = "<@U0LUCY> use your best model: why is the sky blue?"
TOO_LITTLE = "0.0001"
"""USD: less than the reserve of one answer of the fast tier."""


async def test_who_hits_a_cap_asks_for_more_and_is_answered_after_an_admin_said_yes(
    running: Lucy, sandbox: Sandbox
) -> None:
    await limit(running.db, ACME, WORKSPACE, TOO_LITTLE)
    thread = await _ask(running, sandbox)
    [refusal] = _buttoned(sandbox, "C0GENERAL", REQUEST_ACTION)
    unpaid = sandbox.providers.invoice_total()

    await _press(sandbox, refusal, REQUEST_ACTION, "U0BEN", "C0GENERAL")
    asked = await _until(lambda: _asked(sandbox), 2)
    await _press(sandbox, asked[0], APPROVE_ACTION, "U0ADA", "D0LUCY")
    await _until(lambda: [said for said in sandbox.slack.answers("C0GENERAL", thread) if "<@U0BEN>" in said])
    again = await _ask(running, sandbox)

    assert unpaid == 0
    assert all(words in refusal["blocks"][0]["text"] for words in ("The workspace's budget", "admins can raise it"))
    assert _asked(sandbox) == []
    assert (await standings(running.db, ACME))[WORKSPACE].budget.limit_usd == Decimal("0.01")
    assert len(sandbox.slack.answers("C0GENERAL", again)) == 1
    assert sandbox.providers.invoice_total() > 0
    await agree(running.db, ACME)


async def test_every_button_may_be_pressed_twice(running: Lucy, sandbox: Sandbox) -> None:
    await limit(running.db, ACME, WORKSPACE, TOO_LITTLE)
    thread = await _ask(running, sandbox)
    [refusal] = _buttoned(sandbox, "C0GENERAL", REQUEST_ACTION)

    for _ in range(2):
        await _press(sandbox, refusal, REQUEST_ACTION, "U0BEN", "C0GENERAL")
    asked = await _until(lambda: _asked(sandbox), 2)
    for action, admin in ((DENY_ACTION, "U0CHL"), (APPROVE_ACTION, "U0ADA"), (DENY_ACTION, "U0CHL")):
        await _press(sandbox, asked[0], action, admin, "D0LUCY")
    await _until(lambda: [said for said in sandbox.slack.answers("C0GENERAL", thread) if "<@U0BEN>" in said])
    await asyncio.sleep(0.3)

    assert len(sandbox.slack.answers("C0GENERAL", thread)) == 2
    assert sum(len(messages) for messages in _direct(sandbox).values()) == 2
    assert (await standings(running.db, ACME))[WORKSPACE].budget.limit_usd == Decimal(TOO_LITTLE)
    assert [change.action for change in await _trail(running)] == ["budget.denied"]


async def test_only_an_admin_may_decide(running: Lucy, sandbox: Sandbox) -> None:
    seen = _seen(sandbox)
    await limit(running.db, ACME, WORKSPACE, TOO_LITTLE)
    await _ask(running, sandbox)
    [refusal] = _buttoned(sandbox, "C0GENERAL", REQUEST_ACTION)
    await _press(sandbox, refusal, REQUEST_ACTION, "U0BEN", "C0GENERAL")
    asked = await _until(lambda: _asked(sandbox), 2)

    await _press(sandbox, asked[0], APPROVE_ACTION, "U0BEN", "D0LUCY")
    await _until(lambda: [said for said in seen if "Only Slack's admins" in said])

    assert (await standings(running.db, ACME))[WORKSPACE].budget.limit_usd == Decimal(TOO_LITTLE)
    assert await _trail(running) == []


async def test_a_budget_that_was_raised_meanwhile_has_room_again(running: Lucy, sandbox: Sandbox) -> None:
    seen = _seen(sandbox)
    await limit(running.db, ACME, WORKSPACE, TOO_LITTLE)
    await _ask(running, sandbox)
    [refusal] = _buttoned(sandbox, "C0GENERAL", REQUEST_ACTION)
    await limit(running.db, ACME, WORKSPACE, "50")

    await _press(sandbox, refusal, REQUEST_ACTION, "U0BEN", "C0GENERAL")
    await _until(lambda: [said for said in seen if "room" in said])

    assert sandbox.slack.messages("D0LUCY") == []


async def test_a_budget_that_steps_down_is_answered_by_the_fast_tier(running: Lucy, sandbox: Sandbox) -> None:
    await limit(running.db, ACME, DAILY, "0.01", Mode.STEP_DOWN)

    thread = await _ask(running, sandbox, HARD)

    [answer] = [message for message in sandbox.slack.messages("C0GENERAL", thread) if message["user"] == "U0LUCY"]
    assert "fast" in answer["blocks"][1]["elements"][0]["text"]


async def test_help_and_cost_questions_are_free(running: Lucy, sandbox: Sandbox) -> None:
    await limit(running.db, ACME, WORKSPACE, TOO_LITTLE)

    thread = await _ask(running, sandbox, "<@U0LUCY> help")

    assert "/lucy-costs" in sandbox.slack.answers("C0GENERAL", thread)[0]
    assert _buttoned(sandbox, "C0GENERAL", REQUEST_ACTION) == []


async def test_another_workspace_may_be_at_its_limit(running: Lucy, sandbox: Sandbox) -> None:
    other = workspace_id_of("T0OTHER")
    await limit(running.db, other, WORKSPACE, "0.05")
    await opens(running.db, other, "0.05")

    await _ask(running, sandbox)

    assert sandbox.providers.invoice_total() > 0
    assert (await standings(running.db, other))[WORKSPACE].reserved_usd == Decimal("0.05")


async def test_an_admin_sets_a_budget_that_a_member_then_sees(running: Lucy, sandbox: Sandbox) -> None:
    await _command(sandbox, "budget #engineering 20 per month step-down", "U0ADA")
    told = await _command(sandbox, "budget @ben 2 per day", "U0ADA")
    refused = await _command(sandbox, "budget workspace 1 per day", "U0BEN")
    for_ben = await _command(sandbox, "budget", "U0BEN")
    for_eva = await _command(sandbox, "budget", "U0EVA")

    assert "Ben Ito's budget is $2.00 per day now" in told["text"]
    assert "admins" in refused["text"]
    assert "$2.00" in str(for_ben["blocks"])
    assert "$20.00" not in str(for_ben["blocks"])
    assert "$2" not in str(for_eva["blocks"])
    assert [change.subject for change in await _trail(running)] == ["user U0BEN per day", "channel C0ENG per month"]


async def test_a_months_budget_is_cut_in_the_zone_an_admin_sets(running: Lucy, sandbox: Sandbox) -> None:
    await limit(running.db, ACME, WORKSPACE, "5")

    refused = await _command(sandbox, "zone Asia/Kathmandu", "U0BEN")
    before = (await standings(running.db, ACME))[WORKSPACE]
    await _command(sandbox, "zone Asia/Kathmandu", "U0CHL")
    after = (await standings(running.db, ACME))[WORKSPACE]

    assert "admins" in refused["text"]
    assert (before.zone, after.zone) == ("UTC", "Asia/Kathmandu")
    assert (after.starts.hour, after.starts.minute) == (18, 15)
    assert [(change.action, change.actor) for change in await _trail(running)] == [("zone.set", "U0CHL")]


async def _ask(running: Lucy, sandbox: Sandbox, text: str = HELLO) -> str:
    ts = await sandbox.slack.say("U0BEN", "C0GENERAL", text)
    await answered(sandbox.slack, "C0GENERAL", ts)
    await done(running)
    return ts


async def _command(sandbox: Sandbox, text: str, user: str) -> dict[str, Any]:
    shown = await sandbox.slack.command("/lucy-costs", text, user, "C0GENERAL")
    return (await _until(lambda: shown))[0]


async def _press(sandbox: Sandbox, message: dict[str, Any], action: str, user: str, channel: str) -> None:
    [value] = [one["value"] for one in _elements(message) if one["action_id"] == action]
    assert await sandbox.slack.press(action, value, user, channel, message["ts"]) == 200


def _buttoned(sandbox: Sandbox, channel: str, action: str) -> list[dict[str, Any]]:
    """The messages that have such a button, as they were posted."""
    found = [m for m in sandbox.slack.messages(channel) if any(e["action_id"] == action for e in _elements(m))]
    return [dict(message) for message in found]


def _asked(sandbox: Sandbox) -> list[dict[str, Any]]:
    """The messages in which an admin is asked, each in their own direct messages; Ada's first."""
    return [
        message
        for channel in sorted(_direct(sandbox), reverse=True)
        for message in _buttoned(sandbox, channel, APPROVE_ACTION)
    ]


def _direct(sandbox: Sandbox) -> dict[str, list[dict[str, Any]]]:
    return {id_: messages for id_, messages in sandbox.slack.state.messages.items() if id_.startswith("D")}


def _elements(message: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for block in message.get("blocks", []) if block["type"] == "actions" for one in block["elements"]]


def _seen(sandbox: Sandbox) -> list[str]:
    """What is shown to one person alone, from now on."""
    seen: list[str] = []
    sandbox.slack.subscribe(
        lambda event: seen.append(event["message"]["text"]) if event["event"] == "ephemeral" else None
    )
    return seen


async def _trail(running: Lucy) -> list[Change]:
    async with running.db.unit(ACME) as unit:
        return list(await unit.audit.newest())


async def _until(there: Callable[[], list[Any]], many: int = 1) -> list[Any]:
    async with asyncio.timeout(15):
        while len(there()) < many:
            await asyncio.sleep(0.02)
    return there()
