"""Threads on the demo page: a follow-up without a mention, and the shortcut in a message's menu."""

from __future__ import annotations

from playwright.async_api import Locator
from playwright.async_api import Page as Tab

from bot.sandbox.sandbox import Sandbox
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
    assert await first.locator(".menu button").all_inner_texts() == ["Ask Lucy about this"]
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
    await said.get_by_role("button", name="Ask Lucy about this").click()
    await tab.click("dialog .primary")
    await tab.wait_for_selector("dialog small.error")

    assert "not in this conversation" in await tab.inner_text("dialog small.error")


async def test_ones_own_words_can_be_changed_and_taken_back(tab: Tab) -> None:
    await tab.click("[data-channel=C0QUIET]")
    await tab.fill("#text", "lunch at noon, @Lucy")
    await tab.press("#text", "Enter")
    said = tab.locator("#messages .msg", has_text="lunch at")
    await pick(said, "Edit message")
    box = tab.locator("dialog textarea")
    assert await box.input_value() == "lunch at noon, @Lucy"

    await box.fill("lunch at one, @Lucy")
    await tab.click("dialog .primary")
    await tab.wait_for_selector("#messages .msg small:has-text('(edited)')")

    assert "lunch at one, @Lucy" in await said.inner_text()
    await pick(said, "Delete message")
    await said.wait_for(state="detached")


async def test_a_question_that_is_taken_back_is_answered_no_more(tab: Tab, sandbox: Sandbox) -> None:
    for vendor in sandbox.providers.values():
        vendor.answer_s = 5.0
    await tab.fill("#text", "@Lucy compare these two contracts")
    await tab.press("#text", "Enter")
    said = tab.locator("#messages .msg", has_text="compare these two contracts")
    await tab.wait_for_selector(".status")

    await pick(said, "Delete message")
    await tab.wait_for_selector(".status", state="detached", timeout=20_000)

    assert await said.count() == 0
    assert not [one for one in sandbox.slack.state.messages["C0GENERAL"] if one.get("thread_ts")]


async def pick(message: Locator, name: str) -> None:
    """Something in a message's menu."""
    await message.hover()
    await message.locator(".menu summary").click()
    await message.get_by_role("button", name=name).click()
