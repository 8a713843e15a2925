"""Settings changed in a Home: what is set, and what the Home says then."""

from __future__ import annotations

from decimal import Decimal

from bot.db.budgets import BudgetKey, Mode
from bot.db.digests import Kind, Quiet
from bot.db.tier_bounds import TierBound
from bot.slack.home.actions import BUDGET, DIAL, DIGEST, OWN_DIAL, REFRESH, SWITCH, TIERS
from tests.costs.budgeting import WORKSPACE, limit
from tests.slack.home_desk import ADMIN, MEMBER, Desk, desk, initial

__all__ = ["desk"]


async def test_an_admin_switches_the_footer_in_the_home(desk: Desk) -> None:
    await desk.presses(SWITCH, "footer:off")
    await desk.told("Answers come without model, tier, cost and time.")

    assert "Switch on" in desk.seen(ADMIN)
    async with desk.db.unit(desk.workspace_id) as unit:
        assert not (await unit.switches.read()).footer
        assert [change.action for change in await unit.audit.newest()] == ["footer.set"]


async def test_dials_are_turned_for_everyone_by_admins_and_for_oneself_by_all(desk: Desk) -> None:
    await desk.presses(DIAL, "eco")
    await desk.told("From now on *eco* for this workspace")
    await desk.presses(OWN_DIAL, "quality", MEMBER)
    await desk.told("From now on *quality* for what you ask", MEMBER)

    async with desk.db.unit(desk.workspace_id) as unit:
        assert await unit.dials.dials("", MEMBER) == {"workspace": "eco", "user": "quality"}


async def test_a_digest_is_set_changed_and_ended(desk: Desk) -> None:
    form = await desk.opens_form(DIGEST, "weekly")
    nowhere = await desk.sends(form)
    mars = await desk.sends(form, channel="C0FINANCE", zone="Mars/Olympus")
    closed = await desk.sends(form, channel="C0FINANCE", zone="Europe/Berlin", people="off", quiet="silent")
    await desk.told("I'll post last week's spend every Monday to <#C0FINANCE> at 09:00 (Europe/Berlin).")

    async with desk.db.unit(desk.workspace_id) as unit:
        setting = await unit.digests.setting(Kind.WEEKLY)
    assert setting
    assert (nowhere, mars, closed) == (
        {"errors": {"channel": "Pick the channel it is posted to."}},
        {"errors": {"zone": "I don't know that time zone; try one like Europe/Berlin."}},
        {},
    )
    assert (setting.zone, setting.people, setting.quiet) == ("Europe/Berlin", False, Quiet.SILENT)
    again = await desk.opens_form(DIGEST, "weekly")
    assert initial(again) == {
        "post": "on", "channel": "C0FINANCE", "at": "09:00", "zone": "Europe/Berlin", "people": "off", "quiet": "silent"
    }  # fmt: skip
    await desk.sends(again, post="off")
    await desk.told("No weekly digest from now on.")


async def test_a_budget_is_set_changed_and_ended(desk: Desk) -> None:
    form = await desk.opens_form(BUDGET, "new")
    nothing = await desk.sends(form, amount="lots")
    both = await desk.sends(form, amount="5", person=MEMBER, channel="C0ENG")
    await desk.sends(form, amount="$12.50", person=MEMBER, span="day", mode="stop")
    await desk.told("Ben Ito's budget is $12.50 per day now; it stops at the limit.")
    change = await desk.opens_form(BUDGET, f"user:{MEMBER}:day")
    before = initial(change)
    await desk.sends(change, amount="20", mode="soft")
    await desk.told("Ben Ito's budget is $20.00 per day now")

    async with desk.db.unit(desk.workspace_id) as unit:
        [standing] = await unit.budgets.standings()
    assert list(nothing["errors"]) == ["amount"]
    assert list(both["errors"]) == ["channel"]
    assert before == {"amount": "12.5", "mode": "stop"}
    assert (standing.budget.key, standing.budget.limit_usd, standing.budget.mode) == (
        BudgetKey("user", MEMBER, "day"),
        Decimal(20),
        Mode.SOFT,
    )
    await desk.sends(await desk.opens_form(BUDGET, f"user:{MEMBER}:day"), amount="")
    await desk.told("Ben Ito's budget of $20.00 per day has ended.")
    assert "That budget has ended meanwhile." in str(await desk.opens_form(BUDGET, f"user:{MEMBER}:day"))


async def test_tiers_are_bound_everywhere_and_in_a_channel(desk: Desk) -> None:
    everywhere = await desk.opens_form(TIERS, "everywhere")
    crossed = await desk.sends(everywhere, floor="3", ceiling="2")
    await desk.sends(everywhere, ceiling="2")
    await desk.told("Everywhere: ceiling tier 2")
    await desk.sends(await desk.opens_form(TIERS, "new"), channel="C0ENG", floor="2")
    await desk.told("<#C0ENG>: floor tier 2")
    await desk.sends(await desk.opens_form(TIERS, "C0ENG"), floor="off")
    await desk.told("<#C0ENG>: no floor and no ceiling")

    async with desk.db.unit(desk.workspace_id) as unit:
        assert await unit.bounds.all() == [TierBound("", None, 2)]
    assert crossed == {"errors": {"ceiling": "The highest tier can't be below the lowest one."}}


async def test_refreshing_reads_anew(desk: Desk) -> None:
    await limit(desk.db, desk.workspace_id, WORKSPACE, "77")
    before = desk.seen(MEMBER)

    await desk.presses(REFRESH, "now", MEMBER)
    await desk.told("$77.00 per month", MEMBER)

    assert "$77" not in before


async def test_a_named_admin_sets_what_slacks_admins_set(desk: Desk) -> None:
    async with desk.db.unit(desk.workspace_id) as unit:
        await unit.admins.name(MEMBER, ADMIN)

    await desk.presses(DIAL, "quality", MEMBER)
    await desk.told("From now on *quality* for this workspace", MEMBER)

    assert "Which tiers may answer" in desk.seen(MEMBER)
