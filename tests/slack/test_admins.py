"""`/lucy-costs admins`: whom Slack's admins name may do what they may, but not name others; each change stands in the trail."""

from __future__ import annotations

import re
from typing import Any

from bot.app import Lucy
from bot.db.ids import workspace_id_of
from bot.sandbox.sandbox import Sandbox
from tests.onlooker import until

ACME = workspace_id_of("T0ACME")
ADMIN, MEMBER, OTHER = "U0ADA", "U0BEN", "U0CHL"
BUDGET = "budget workspace 50 per month"


async def test_whom_an_admin_names_may_set_budgets_until_dismissed(running: Lucy, sandbox: Sandbox) -> None:
    said = [
        await typed(sandbox, text, who)
        for text, who in (
            (BUDGET, MEMBER),
            (f"admins add <@{MEMBER}|ben>", ADMIN),
            (BUDGET, MEMBER),
            ("admins", MEMBER),
            (f"admins remove <@{MEMBER}>", ADMIN),
            (BUDGET, MEMBER),
        )
    ]

    refused, named, done, shown, dismissed, again = said
    assert refused == again
    assert "whom they named" in refused
    assert (f"<@{MEMBER}> may set budgets" in named, "$50" in done) == (True, True)
    assert f"<@{MEMBER}>, named by <@{ADMIN}>" in shown
    assert "no admin of mine" in dismissed
    async with running.db.unit(ACME) as unit:
        trail = [(change.actor, change.action, change.subject) for change in await unit.audit.newest()]
    assert [entry for entry in trail if entry[1].startswith("admins")] == [
        (ADMIN, "admins.remove", MEMBER),
        (ADMIN, "admins.add", MEMBER),
    ]


async def test_who_was_named_names_nobody_and_guests_are_not_named(running: Lucy, sandbox: Sandbox) -> None:
    sandbox.slack.state.people["U0GUEST"] = type(sandbox.slack.state.people[MEMBER])(
        "U0GUEST", "Gil Guest", is_restricted=True
    )
    await typed(sandbox, f"admins add <@{MEMBER}>", ADMIN)

    by_named = await typed(sandbox, "admins add <@U0DAN>", MEMBER)
    guest = await typed(sandbox, "admins add <@U0GUEST>", ADMIN)
    owner = await typed(sandbox, f"admins add <@{OTHER}>", ADMIN)
    unclear = await typed(sandbox, "admins add ben", ADMIN)

    assert "Only Slack's own admins" in by_named
    assert "only members can be named" in guest
    assert "may do that already" in owner
    assert "Say it like this" in unclear
    async with running.db.unit(ACME) as unit:
        assert list(await unit.admins.named()) == [MEMBER]


async def typed(sandbox: Sandbox, text: str, who: str) -> str:
    """What someone is told who types `/lucy-costs ...`."""
    told: list[dict[str, Any]] = await sandbox.slack.command("/lucy-costs", text, who, "C0GENERAL")
    await until(lambda: bool(told))
    return re.sub(r"\s+", " ", str(told[0]["text"]))
