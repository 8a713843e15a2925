"""Threads on the demo page: a follow-up without a mention, and the shortcut in a message's menu."""

from __future__ import annotations

from playwright.async_api import Page as Tab

from tests.browser.conftest import IN_A_BROWSER

pytestmark = IN_A_BROWSER


async def test_a_reply_without_a_mention_is_answered(tab: Tab) -> None:
    await tab.fill("#text", "@Lucy hello there, what is our zip code?")
    await tab.press("#text", "Enter")
    await tab.wait_for_selector("#replies .msg:nth-child(2) .context", timeout=20_000)

    await tab.fill("#replytext", "and what is our zip code abroad?")
    await tab.press("#replytext", "Enter")
    await tab.wait_for_selector("#replies .msg:nth-child(4) .context", timeout=20_000)

    assert "94107" in await tab.inner_text("#replies .msg:nth-child(4)")


async def test_the_shortcut_asks_about_a_message_and_the_answer_comes_in_its_thread(tab: Tab) -> None:
    first = tab.locator("#messages .msg").first
    await first.hover()
    await first.locator(".menu summary").click()
    await first.locator(".menu button").click()
    question = tab.locator("dialog textarea")
    await question.wait_for()

    assert "release moved to Thursday" in await tab.inner_text("dialog blockquote")
    assert await question.input_value() == "Explain this"
    await tab.click("dialog .primary")
    await tab.wait_for_selector("#replies .msg:nth-child(3) .context", timeout=20_000)

    assert await tab.locator("dialog").count() == 0
    assert "Ben Ito asks about this message: Explain this" in await tab.inner_text("#replies .msg:nth-child(2)")


async def test_where_lucy_is_not_the_modal_says_so(tab: Tab) -> None:
    await tab.click("[data-channel=C0QUIET]")
    await tab.fill("#text", "nobody hears this")
    await tab.press("#text", "Enter")
    said = tab.locator("#messages .msg").first
    await said.hover()
    await said.locator(".menu summary").click()
    await said.locator(".menu button").click()
    await tab.click("dialog .primary")
    await tab.wait_for_selector("dialog small.error")

    assert "not in this conversation" in await tab.inner_text("dialog small.error")
