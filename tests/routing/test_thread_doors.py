"""Through Slack's door: "continue" never falls, an order lasts, bounds bind, and one workspace's threads are its own."""

from __future__ import annotations

from datetime import timedelta

import asyncpg

from bot.app import Lucy
from bot.db.cost_tables import CostRow
from bot.db.ids import workspace_id_of
from bot.db.tier_bounds import EVERYWHERE, TierBound
from bot.sandbox.sandbox import Sandbox
from tests.costs.ledger import rows
from tests.test_main_job import done

ACME = workspace_id_of("T0ACME")
HARD = "tier 3: plan the migration of our billing database to the new region"
EASY = "what is our zip code?"


async def test_continue_keeps_the_tier_that_thanks_did_not_need(running: Lucy, sandbox: Sandbox) -> None:
    tiers = await said(running, sandbox, HARD, "thanks!", "continue", "yes", "fix it")

    assert tiers == [3, 1, 3, 3, 3]


async def test_continue_keeps_the_tier_an_escalation_needed(running: Lucy, sandbox: Sandbox) -> None:
    sandbox.providers["gemini"].answers("I'm sorry, but I can't help with that.")

    tiers = await said(running, sandbox, EASY, "continue")

    assert tiers == [1, 2, 2]


async def test_a_rested_thread_begins_afresh_but_continue_still_goes_on(
    running: Lucy, sandbox: Sandbox, onlooker: asyncpg.Connection
) -> None:
    root = await sandbox.slack.say("U0BEN", "C0GENERAL", "plain talk")
    await said(running, sandbox, HARD, root=root)
    await onlooker.execute("UPDATE thread_floor SET set_at = set_at - $1::interval", timedelta(minutes=11))

    tiers = await said(running, sandbox, "continue", root=root)

    assert tiers == [3, 3]


async def test_an_order_lasts_for_its_thread_until_it_ends_and_elsewhere_not_at_all(
    running: Lucy, sandbox: Sandbox
) -> None:
    tiers = await said(running, sandbox, "for this thread use tier 3", EASY, "thanks!", "automatic again", "thanks!")
    elsewhere = await said(running, sandbox, EASY)

    assert tiers[:3] == [3, 3, 3]
    assert tiers[-1] == 1
    assert elsewhere[len(tiers) :] == [1]


async def test_a_family_is_asked_first_in_its_tier(running: Lucy, sandbox: Sandbox) -> None:
    await said(running, sandbox, "@opus what is our zip code?")

    [row] = await replies(running)
    assert row.requested_model == "anthropic/claude-opus-5-5"


async def test_a_ceiling_binds_wishes_and_escalations_and_is_told(
    running: Lucy, sandbox: Sandbox, onlooker: asyncpg.Connection
) -> None:
    async with running.db.unit(ACME) as unit:
        await unit.bounds.put(TierBound("C0GENERAL", None, 1), "U0ADA")
    sandbox.providers["gemini"].answers("hi", "I'm sorry, but I can't help with that.")

    tiers = await said(running, sandbox, HARD, EASY)

    assert tiers == [1, 1]
    assert "ceiling" in str(await onlooker.fetchval("SELECT reason FROM choice ORDER BY created_at LIMIT 1"))


async def test_a_floor_of_the_workspace_lifts_even_a_greeting(running: Lucy, sandbox: Sandbox) -> None:
    async with running.db.unit(ACME) as unit:
        await unit.bounds.put(TierBound(EVERYWHERE, 2, None), "U0ADA")

    assert await said(running, sandbox, "hello") == [2]


async def test_a_neighbours_floors_and_bounds_do_not_reach_this_workspace(running: Lucy, sandbox: Sandbox) -> None:
    async with running.db.unit(workspace_id_of("T0OTHER")) as unit:
        await unit.bounds.put(TierBound("C0GENERAL", 3, None), "U0ADA")

    assert await said(running, sandbox, EASY) == [1]


async def said(running: Lucy, sandbox: Sandbox, *texts: str, root: str | None = None) -> list[int]:
    """Say them in one thread, each after the answer to the one before; the tiers of all replies so far."""
    for text in texts:
        ts = await sandbox.slack.say("U0BEN", "C0GENERAL", f"<@U0LUCY> {text}", root)
        root = root or ts
        await done(running)
    return [row.tier for row in await replies(running)]


async def replies(running: Lucy) -> list[CostRow]:
    return [row for row in await rows(running.db, ACME) if row.purpose == "reply"]
