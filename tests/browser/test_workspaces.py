"""Two workspaces on the demo page: Lucy is installed into the second, and each has its own talk and costs."""

from __future__ import annotations

from decimal import Decimal

from playwright.async_api import Page as Tab

from bot.app import Lucy
from bot.db.ids import workspace_id_of
from bot.sandbox.sandbox import Sandbox
from tests.browser.conftest import IN_A_BROWSER

pytestmark = IN_A_BROWSER

PATIENCE_MS = 30_000
GLOBEX = "T1GLOBEX"


async def ask(tab: Tab, words: str) -> None:
    await tab.fill("#text", words)
    await tab.press("#text", "Enter")
    await tab.wait_for_selector("#replies .msg:nth-child(2) .context", timeout=PATIENCE_MS)


async def install(tab: Tab) -> None:
    """From the page to Slack's question, and to Lucy's own page."""
    await tab.click(f"[data-team={GLOBEX}]")
    await tab.click("#install")
    await tab.wait_for_selector("text=Lucy asks for permission")


async def test_lucy_is_installed_into_a_second_workspace_whose_costs_stay_apart(
    tab: Tab, world: tuple[Sandbox, Lucy]
) -> None:
    sandbox, lucy = world
    await ask(tab, "@Lucy hello there, what is our zip code?")

    await install(tab)
    await tab.click("text=Allow")
    await tab.wait_for_selector("text=Lucy is in Globex")
    await tab.click("text=Open Slack")
    await tab.wait_for_selector(f"[data-team={GLOBEX}][aria-current=true]")
    await ask(tab, "@Lucy compare these two contracts")
    await tab.fill("#text", "/lucy-costs today")
    await tab.press("#text", "Enter")
    await tab.wait_for_selector("#messages .ephemeral")

    assert "1 model calls" in await tab.inner_text("#messages .ephemeral")
    assert "zip code" not in await tab.inner_text("#messages")
    assert await tab.locator(".event.settled").count() == 1
    spent = [await cost_of(lucy, team) for team in ("T0ACME", GLOBEX)]
    assert all(0 < usd < sandbox.providers.invoice_total() for usd in spent)
    assert sum(spent) == sandbox.providers.invoice_total()
    assert await tab.locator("#equal.yes").count() == 1
    assert "Acme $" in await tab.inner_text("#parts")
    assert "Globex $" in await tab.inner_text("#parts")

    await tab.click("[data-team=T0ACME]")
    await tab.get_by_text("The release moved to Thursday").wait_for()
    assert "contracts" not in await tab.inner_text("#messages")
    assert await tab.locator(".event.settled").count() == 1


async def test_what_is_said_elsewhere_leaves_a_mark_until_it_is_looked_at(
    tab: Tab, world: tuple[Sandbox, Lucy]
) -> None:
    await tab.click(f"[data-team={GLOBEX}]")
    await tab.get_by_text("Do we have one?").wait_for()

    await world[0].slack.say("U0BEN", "C0GENERAL", "<@U0LUCY> hello")
    await tab.wait_for_selector("[data-team=T0ACME].unread", timeout=PATIENCE_MS)
    before = await tab.locator("#messages .msg").count()
    await tab.click("[data-team=T0ACME]")
    await tab.wait_for_selector("[data-team=T0ACME][aria-current=true]:not(.unread)")

    assert before == 2


async def test_who_declines_is_told_so_and_nothing_is_installed(tab: Tab, world: tuple[Sandbox, Lucy]) -> None:
    await install(tab)
    await tab.click("text=Cancel")

    await tab.wait_for_selector("text=Lucy was not installed")
    assert not world[0].globex.state.installed


async def test_without_lucy_a_mention_is_met_with_the_reason(tab: Tab, world: tuple[Sandbox, Lucy]) -> None:
    await tab.click(f"[data-team={GLOBEX}]")
    await tab.get_by_text("Do we have one?").wait_for()
    await tab.fill("#text", "@Lucy hello")
    await tab.press("#text", "Enter")
    await tab.wait_for_selector("#messages .ephemeral")

    assert "isn't in Globex yet" in await tab.inner_text("#messages .ephemeral")
    assert world[0].globex.delivery.log == []


async def cost_of(lucy: Lucy, team: str) -> Decimal:
    async with lucy.db.unit(workspace_id_of(team)) as unit:
        return await unit.costs.total()
