"""What a Home refuses: forged presses and forms, what it never offered, and a database that is too slow."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from bot.slack.costs_words import ADMINS_ONLY, NotUnderstood
from bot.slack.home.actions import BUDGET, DIAL, DIGEST, SWITCH, TIERS
from bot.slack.home.changes import LATE
from tests.onlooker import until_it_blocks
from tests.slack.home_desk import MEMBER, Desk, desk

__all__ = ["desk"]


@pytest.mark.parametrize("action", [DIGEST, BUDGET, TIERS])
async def test_a_members_forged_press_opens_a_sentence_and_no_form(desk: Desk, action: str) -> None:
    view = await desk.opens_form(action, "new", MEMBER)

    assert ADMINS_ONLY in str(view)
    assert "input" not in str(view)


@pytest.mark.parametrize(("action", "value"), [(SWITCH, "footer:off"), (DIAL, "eco")])
async def test_a_members_forged_switch_changes_nothing_and_is_answered_calmly(
    desk: Desk, action: str, value: str
) -> None:
    view = await desk.opens_form(action, value, MEMBER)

    assert ADMINS_ONLY in str(view)
    async with desk.db.unit(desk.workspace_id) as unit:
        assert (await unit.switches.read()).footer
        assert await unit.dials.dials("", MEMBER) == {}
        assert await unit.audit.newest() == []


@pytest.mark.parametrize(
    ("action", "about", "values"),
    [
        (DIGEST, "daily", {"channel": "C0FINANCE"}),
        (BUDGET, "new", {"amount": "5"}),
        (TIERS, "everywhere", {"ceiling": "1"}),
    ],
)
async def test_a_members_forged_form_changes_nothing_and_is_answered_calmly(
    desk: Desk, action: str, about: str, values: dict[str, str], onlooker: asyncpg.Connection
) -> None:
    form = await desk.opens_form(action, about)

    seen = await desk.sends(form, MEMBER, **values)

    assert ADMINS_ONLY in str(seen["view"])
    assert await onlooker.fetchval("SELECT count(*) FROM audit_log") == 0
    assert await onlooker.fetchval("SELECT count(*) FROM digest_setting") == 0


@pytest.mark.parametrize(
    ("action", "value"),
    [
        (DIGEST, "yearly"),
        (BUDGET, "nonsense"),
        (BUDGET, "planet:X:day"),
        (SWITCH, "light:on"),
        (DIAL, "warp"),
        (SWITCH, ""),
    ],
)
async def test_what_no_home_offers_is_not_understood(desk: Desk, action: str, value: str) -> None:
    assert NotUnderstood.sentence in str(await desk.opens_form(action, value))


async def test_a_form_about_nothing_known_is_not_understood(desk: Desk) -> None:
    form = await desk.opens_form(BUDGET, "new")
    desk.sandbox.slack.state.views[form["id"]]["private_metadata"] = "planet:X"

    seen = await desk.sends(form, amount="5")

    assert NotUnderstood.sentence in str(seen["view"])


async def test_a_database_that_is_slow_is_said_before_slack_gives_up(desk: Desk, onlooker: asyncpg.Connection) -> None:
    form = await desk.opens_form(TIERS, "everywhere")

    async with onlooker.transaction():
        await onlooker.execute("LOCK TABLE tier_bound IN ACCESS EXCLUSIVE MODE")
        sending = asyncio.create_task(desk.sends(form, ceiling="2"))
        await until_it_blocks(onlooker, "SELECT channel_id")
        seen = await sending

    assert LATE in str(seen["view"])
    async with desk.db.unit(desk.workspace_id) as unit:
        assert await unit.bounds.all() == []
