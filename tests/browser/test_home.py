"""Lucy's Home on the demo page: what was spent, and settings that are changed there."""

from __future__ import annotations

from playwright.async_api import Page as Tab
from playwright.async_api import expect

from bot.app import Lucy
from bot.db.ids import workspace_id_of
from bot.sandbox.sandbox import Sandbox
from tests.browser.conftest import IN_A_BROWSER

pytestmark = IN_A_BROWSER

ACME = workspace_id_of("T0ACME")


async def test_the_home_shows_what_the_footer_and_the_command_say(tab: Tab) -> None:
    await tab.fill("#text", "@Lucy hello there, what is our zip code?")
    await tab.press("#text", "Enter")
    footer = await tab.inner_text("#replies .msg:nth-child(2) .context", timeout=20_000)
    await tab.wait_for_selector("#equal.yes")
    price = next(part for part in footer.split(" · ") if part.startswith("$"))

    await tab.click("#athome")
    await expect(tab.locator("#home")).to_contain_text("What Lucy costs")

    home = await tab.inner_text("#home")
    assert f"Today\n\n{price} · 1 call\n\nYou: {price} · 1 call" in home
    assert await tab.locator("#home a[href*='/archives/C0GENERAL/']").count() == 1
    assert "Which tiers may answer" not in home
    await tab.click("[data-channel=C0GENERAL]")
    await tab.fill("#text", "/lucy-costs today")
    await tab.press("#text", "Enter")
    await expect(tab.locator("#messages .ephemeral")).to_contain_text(f"{price} today · 1 model call")


async def test_an_admin_changes_settings_in_the_home(tab: Tab, world: tuple[Sandbox, Lucy]) -> None:
    await tab.select_option("#user", "U0ADA")
    await tab.click("#athome")
    await tab.click("#home >> text=Switch off")
    await expect(tab.locator("#home")).to_contain_text("Answers come without model, tier, cost and time.")
    await tab.select_option("#home [data-action=lucy_home_dial]", "eco")
    await expect(tab.locator("#home")).to_contain_text("From now on eco for this workspace")

    await tab.click("#home >> text=New budget")
    await tab.fill("dialog [data-block=amount] input", "lots")
    await tab.click("dialog .primary")
    await expect(tab.locator("dialog .error[role=alert]:not([hidden])")).to_contain_text("US dollars")
    await tab.fill("dialog [data-block=amount] input", "50")
    await tab.select_option("dialog [data-block=person] select", "U0BEN")
    await tab.click("dialog .primary")
    await expect(tab.locator("#home")).to_contain_text("Ben Ito's budget is $50.00 per month now")

    await tab.click("#home [data-action=lucy_home_digest][data-value=daily]")
    await tab.select_option("dialog [data-block=channel] select", "C0FINANCE")
    await tab.fill("dialog [data-block=at] input", "08:30")
    await tab.click("dialog .primary")
    await expect(tab.locator("#home")).to_contain_text("I post yesterday's spend every day to #finance at 08:30 (UTC)")

    assert await tab.locator("dialog").count() == 0
    async with world[1].db.unit(ACME) as unit:
        assert not (await unit.switches.read()).footer
        assert [one.budget.key.key for one in await unit.budgets.standings()] == ["U0BEN"]


async def test_what_a_member_may_not_set_is_refused_in_words(tab: Tab, world: tuple[Sandbox, Lucy]) -> None:
    await tab.click("#athome")
    await expect(tab.locator("#home")).to_contain_text("Nobody has asked me anything yet")

    slack = world[0].slack
    await slack.act(slack.state.homes["U0BEN"], {"action_id": "lucy_home_budget", "value": "new"}, "U0BEN")

    await expect(tab.locator("dialog")).to_contain_text("Only Slack's admins and owners can do that")
    assert await tab.locator("dialog .primary").count() == 0


async def test_a_phone_sees_the_home_without_scrolling_sideways(tab: Tab) -> None:
    await tab.set_viewport_size({"width": 390, "height": 844})
    await tab.select_option("#user", "U0ADA")
    await tab.click("#athome")
    await expect(tab.locator("#home")).to_contain_text("Settings")

    assert await tab.evaluate("document.documentElement.scrollWidth") == 390
    assert await tab.evaluate("document.getElementById('home').scrollWidth <= 390")


async def test_lucys_prompts_stand_where_people_write_to_her(tab: Tab) -> None:
    await tab.select_option("#user", "U0ADA")
    await tab.click("[data-channel=D0LUCY]")
    await tab.click("#prompts >> text=What did you cost this month?")

    await tab.wait_for_selector("#messages .replies", timeout=20_000)
