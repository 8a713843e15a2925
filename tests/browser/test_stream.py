"""A streamed answer on the demo page: it grows, it is stopped, its buttons do what they say."""

from __future__ import annotations

from playwright.async_api import Page as Tab

from bot.app import Lucy
from bot.sandbox.sandbox import Sandbox
from tests.browser.conftest import IN_A_BROWSER

pytestmark = IN_A_BROWSER

LONG = "One sentence of many, slowly said. " * 200
PATIENCE_MS = 30_000


async def test_an_answer_grows_and_is_stopped_by_its_asker(tab: Tab, world: tuple[Sandbox, Lucy]) -> None:
    gemini = world[0].providers["gemini"]
    gemini.pace_s = 0.1
    gemini.answers(LONG)

    await tab.fill("#text", "@Lucy hello")
    await tab.press("#text", "Enter")
    await tab.wait_for_selector("#replies .caret", timeout=PATIENCE_MS)
    begun = len(await tab.inner_text("#replies .msg:nth-child(2) .body"))
    grown = "(begun) => document.querySelector('#replies .msg:nth-child(2) .body').innerText.length > begun"
    await tab.wait_for_function(grown, arg=begun, timeout=PATIENCE_MS)
    await tab.click("#replies .stop")
    await tab.wait_for_selector("#replies .msg:nth-child(2) em", timeout=PATIENCE_MS)
    await tab.wait_for_selector("#replies .stop", state="detached")

    assert await tab.inner_text("#replies .msg:nth-child(2) em") == "Stopped here, as you asked."
    assert "stopped" in await tab.inner_text("#replies .msg:nth-child(2) .context")
    assert await tab.locator("#replies .caret").count() == 0
    assert await tab.locator(".event.failed").count() == 1


async def test_a_stronger_model_is_asked_after_its_price_was_said_and_the_choice_is_explained(
    tab: Tab, world: tuple[Sandbox, Lucy]
) -> None:
    await tab.fill("#text", "@Lucy hello there, what is our zip code?")
    await tab.press("#text", "Enter")
    await tab.click("[data-action=lucy_stronger]", timeout=PATIENCE_MS)
    asked = await tab.inner_text("dialog")
    await tab.click("dialog .primary")
    await tab.click("#replies .msg:nth-child(3) [data-action=lucy_why]", timeout=PATIENCE_MS)
    await tab.wait_for_selector("dialog hr", timeout=PATIENCE_MS)

    assert "for about $0." in asked
    assert "standard" in await tab.inner_text("#replies .msg:nth-child(3) .context")
    assert "2 (standard)" in await tab.inner_text("dialog")
    assert await tab.inner_text("#equal") == "✓"


async def test_only_the_asker_sees_what_costs_money_and_everyone_may_praise(
    tab: Tab, world: tuple[Sandbox, Lucy]
) -> None:
    await tab.fill("#text", "@Lucy hello")
    await tab.press("#text", "Enter")
    await tab.wait_for_selector("[data-action=lucy_stronger]", timeout=PATIENCE_MS)
    await tab.select_option("#user", "U0EVA")
    await tab.click("[data-action=lucy_feedback] >> nth=0")
    await tab.wait_for_selector("#messages .ephemeral", timeout=PATIENCE_MS)

    assert "Thanks!" in await tab.inner_text("#messages .ephemeral")
    assert not await tab.is_visible("[data-action=lucy_stronger]")
    assert await tab.is_visible("[data-action=lucy_why]")
