"""The buttons under an answer: thumbs become labels, the asker gets another answer, everyone may know why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import asyncpg
import pytest

from bot.app import Lucy
from bot.costs.periods import Period
from bot.sandbox.sandbox import Sandbox
from bot.slack.presses import ASKED_ALREADY, GONE, NOT_YOURS, THANKS
from tests.onlooker import until
from tests.test_main_job import ACME, done, everything

CHANNEL = "C0GENERAL"


@pytest.fixture
def whispers(sandbox: Sandbox) -> list[str]:
    """What only one person was told."""
    told: list[str] = []
    sandbox.slack.subscribe(
        lambda event: told.append(event["message"]["text"]) if event["event"] == "ephemeral" else None
    )
    return told


@pytest.fixture
async def answer(running: Lucy, sandbox: Sandbox) -> dict[str, Any]:
    """Ben asked something in a thread and was answered: Lucy's message."""
    await sandbox.slack.say("U0BEN", CHANNEL, "<@U0LUCY> hello there, what is our zip code?")
    await done(running)
    return answers(sandbox)[-1]


def answers(sandbox: Sandbox) -> list[dict[str, Any]]:
    return [message for message in sandbox.slack.messages(CHANNEL) if message["user"] == "U0LUCY"]


def element(message: dict[str, Any], of: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The only thing to press under a message that is so."""
    [found] = [one for block in message["blocks"] for one in block.get("elements", []) if of(one)]
    return found


async def press(sandbox: Sandbox, message: dict[str, Any], action: str, user: str = "U0BEN") -> None:
    button = element(message, lambda one: one.get("action_id") == action)
    value = button.get("value") or button["negative_button"]["value"]
    await sandbox.slack.press(action, value, user, CHANNEL, message["ts"])


async def test_a_stronger_model_answers_the_same_question_below(
    running: Lucy, sandbox: Sandbox, answer: dict[str, Any]
) -> None:
    await press(sandbox, answer, "lucy_stronger")
    await until(lambda: len(answers(sandbox)) == 2)
    await done(running)

    async with running.db.unit(ACME) as unit:
        tiers = {row.key: row.calls for row in await unit.rollups.by("tier", Period("ever", *everything(), "UTC"))}
    asked = next(vendor.requests[-1].prompt for name, vendor in sandbox.providers.items() if name == "moonshot")
    assert tiers == {"1": 1, "2": 1}
    assert asked.endswith("hello there, what is our zip code?")
    assert "94107" not in asked
    assert "standard" in str(answers(sandbox)[1]["blocks"])


async def test_regenerate_asks_the_same_tier_once_more(running: Lucy, sandbox: Sandbox, answer: dict[str, Any]) -> None:
    await press(sandbox, answer, "lucy_again")
    await until(lambda: len(answers(sandbox)) == 2)
    await done(running)

    first, second = sandbox.providers["gemini"].requests
    assert first.prompt == second.prompt


async def test_a_second_press_asks_nothing_twice(
    running: Lucy, sandbox: Sandbox, answer: dict[str, Any], whispers: list[str]
) -> None:
    await press(sandbox, answer, "lucy_again")
    await press(sandbox, answer, "lucy_again")
    await until(lambda: whispers == [ASKED_ALREADY])
    await until(lambda: len(answers(sandbox)) == 2)
    await done(running)

    assert len(answers(sandbox)) == 2


async def test_only_the_asker_may_spend_more_on_a_question(
    running: Lucy, sandbox: Sandbox, answer: dict[str, Any], whispers: list[str]
) -> None:
    await press(sandbox, answer, "lucy_stronger", "U0EVA")
    await until(lambda: whispers == [NOT_YOURS])

    assert element(answer, lambda one: one.get("action_id") == "lucy_stronger")["visible_to_user_ids"] == ["U0BEN"]
    assert len(answers(sandbox)) == 1


async def test_what_it_would_cost_is_said_before(answer: dict[str, Any]) -> None:
    button = element(answer, lambda one: one.get("action_id") == "lucy_stronger")

    assert "A standard model answers the same question here, for about $0." in button["confirm"]["text"]["text"]


async def test_a_question_that_is_gone_is_not_asked_again(
    running: Lucy, sandbox: Sandbox, answer: dict[str, Any], whispers: list[str]
) -> None:
    sandbox.slack.state.messages[CHANNEL] = [m for m in sandbox.slack.messages(CHANNEL) if m["user"] != "U0BEN"]

    await press(sandbox, answer, "lucy_again")
    await until(lambda: whispers == [GONE])


async def test_thumbs_are_kept_with_the_choice(
    sandbox: Sandbox, answer: dict[str, Any], whispers: list[str], onlooker: asyncpg.Connection
) -> None:
    await press(sandbox, answer, "lucy_feedback", "U0EVA")
    await until(lambda: whispers == [THANKS["thumbs_down"]])

    rows = await onlooker.fetch(
        "SELECT kind, tier, features FROM routing_label JOIN choice USING (workspace_id, task_id, tier)"
    )
    assert [(row["kind"], row["tier"]) for row in rows] == [("thumbs_down", 1)]
    assert rows[0]["features"], "what is learned from a thumb is the features of the ask"


@pytest.mark.parametrize(("who", "sees_costs"), [("U0BEN", True), ("U0ADA", True), ("U0EVA", False)])
async def test_why_this_model_shows_the_choice_and_its_cost_to_whom_it_concerns(
    sandbox: Sandbox, answer: dict[str, Any], who: str, sees_costs: bool
) -> None:
    await press(sandbox, answer, "lucy_why", who)
    await until(lambda: bool(sandbox.slack.state.views))

    [view] = sandbox.slack.state.views.values()
    assert "1 (fast)" in str(view)
    assert ("gemini/gemini-3.1-flash-lite" in str(view)) == sees_costs


async def test_admins_switch_the_footer_off(running: Lucy, sandbox: Sandbox) -> None:
    shown = await sandbox.slack.command("/lucy-costs", "footer off", "U0ADA", CHANNEL)
    await until(lambda: bool(shown))

    await sandbox.slack.say("U0BEN", CHANNEL, "<@U0LUCY> hello")
    await done(running)

    [said] = answers(sandbox)
    assert [block["type"] for block in said["blocks"]] == ["markdown", "context_actions", "actions"]


async def test_members_may_not_switch_the_footer(running: Lucy, sandbox: Sandbox) -> None:
    shown = await sandbox.slack.command("/lucy-costs", "footer off", "U0BEN", CHANNEL)
    await until(lambda: bool(shown))

    async with running.db.unit(ACME) as unit:
        assert (await unit.switches.read()).footer
