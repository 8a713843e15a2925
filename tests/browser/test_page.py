"""The demo page in headless Chromium: break the primary, mention Lucy, see the fallback and equal books."""

from __future__ import annotations

import pytest
from playwright.async_api import Page as Tab
from playwright.async_api import Route

from bot.app import Lucy
from bot.sandbox.sandbox import Sandbox
from tests.browser.conftest import IN_A_BROWSER

pytestmark = IN_A_BROWSER


async def test_breaking_the_primary_shows_the_fallback_and_books_that_agree(
    tab: Tab, world: tuple[Sandbox, Lucy]
) -> None:
    await tab.click("#break")
    await tab.fill("#text", "@Lucy hello there, what is our zip code?")
    await tab.press("#text", "Enter")
    await tab.wait_for_selector("#replies .msg:nth-child(2) .context", timeout=20_000)
    await tab.wait_for_selector("#equal.yes")

    assert await tab.locator(".event.failed").count() == 1
    assert await tab.locator(".event.settled").count() == 1
    assert "fallback" in await tab.inner_text("#replies")


async def test_words_that_look_like_html_stay_words(tab: Tab, world: tuple[Sandbox, Lucy]) -> None:
    world[0].providers["gemini"].answers("<img src=x onerror=alert(1)> and <script>alert(2)</script>")

    await tab.fill("#text", "@Lucy hello")
    await tab.press("#text", "Enter")
    await tab.wait_for_selector("#replies .msg:nth-child(2) .context", timeout=20_000)

    assert await tab.locator("#replies img, #replies script").count() == 0
    assert "onerror" in await tab.inner_text("#replies")


async def test_a_phone_sees_the_page_without_scrolling_sideways(tab: Tab) -> None:
    await tab.set_viewport_size({"width": 390, "height": 844})

    assert await tab.evaluate("document.documentElement.scrollWidth") == 390


async def test_another_page_may_not_drive_the_demo(tab: Tab, world: tuple[Sandbox, Lucy]) -> None:
    answer = await tab.request.post(
        f"{world[0].slack.origin}/page/provider",
        headers={"Origin": "http://evil.example"},
        data={"name": "gemini", "mode": "500"},
    )

    assert answer.status == 403
    assert world[0].providers["gemini"].mode == "healthy"


async def test_a_name_pointed_at_this_machine_may_not_drive_the_demo(tab: Tab, world: tuple[Sandbox, Lucy]) -> None:
    answer = await tab.request.post(
        f"{world[0].slack.origin}/page/provider",
        headers={"Host": "evil.example", "Origin": "http://evil.example"},
        data={"name": "gemini", "mode": "500"},
    )

    assert answer.status == 403
    assert world[0].providers["gemini"].mode == "healthy"


@pytest.mark.parametrize("sent", ["nonsense", "[]", '{"name": "nobody", "mode": "500"}', '{"name": "gemini"}'])
async def test_what_the_page_never_sends_is_refused(tab: Tab, world: tuple[Sandbox, Lucy], sent: str) -> None:
    answer = await tab.request.post(f"{world[0].slack.origin}/page/provider", data=sent.encode())

    assert answer.status == 400


async def test_too_large_a_body_is_refused(tab: Tab, world: tuple[Sandbox, Lucy]) -> None:
    answer = await tab.request.post(f"{world[0].slack.origin}/page/say", data=b" " * 70_000)

    assert answer.status == 413


async def test_every_kind_of_block_is_drawn(tab: Tab, world: tuple[Sandbox, Lucy]) -> None:
    button = {"type": "button", "text": {"type": "plain_text", "text": "Show more"}, "action_id": "more", "value": "1"}
    cells = [[{"type": "raw_text", "text": "Model"}], [{"type": "raw_text", "text": "snake_case_name"}]]
    blocks = [
        {"type": "markdown", "text": "# Title\n\n```\ncode_with_names\n```\nkeep_these_words"},
        {"type": "table", "rows": cells},
        {"type": "actions", "elements": [button]},
    ]

    world[0].slack.state.add("C0GENERAL", {"user": "U0LUCY", "text": "", "blocks": blocks})

    await tab.wait_for_selector("#messages .actions button")
    assert await tab.locator("#messages td").inner_text() == "snake_case_name"
    assert await tab.locator("#messages h3").inner_text() == "Title"
    assert await tab.locator("#messages pre code").inner_text() == "code_with_names"
    assert "keep_these_words" in await tab.inner_text("#messages")


async def test_tab_finishes_a_mention_and_the_theme_turns(tab: Tab) -> None:
    await tab.click("#text")
    await tab.keyboard.type("@lu")
    await tab.keyboard.press("Tab")
    await tab.click("#theme")

    assert await tab.input_value("#text") == "@Lucy "
    assert await tab.get_attribute("html", "data-theme") == "dark"


async def test_what_happens_between_the_snapshot_and_the_stream_is_not_lost(
    tab: Tab, world: tuple[Sandbox, Lucy]
) -> None:
    state = world[0].slack.state

    async def late(route: Route) -> None:
        answer = await route.fetch()
        state.add("C0GENERAL", {"user": "U0EVA", "text": "said while the page was loading"})
        await route.fulfill(response=answer)

    await tab.route("**/page/state", late)
    await tab.reload()

    said = tab.get_by_text("said while the page was loading")
    await said.first.wait_for(timeout=5_000)
    assert await said.count() == 1


async def test_only_who_ran_a_command_sees_its_answer_and_it_is_marked(tab: Tab) -> None:
    await tab.fill("#text", "/lucy-costs help")
    await tab.press("#text", "Enter")
    await tab.wait_for_selector("#messages .ephemeral")

    seen = await tab.inner_text("#messages .ephemeral .only")
    await tab.select_option("#user", "U0ADA")

    assert "Only visible to you" in seen
    assert await tab.locator("#messages .ephemeral").count() == 0


async def test_code_opened_in_the_middle_of_a_line_is_a_block(tab: Tab, world: tuple[Sandbox, Lucy]) -> None:
    world[0].slack.state.add("C0GENERAL", {"user": "U0BEN", "text": "tidy this ```python\ndef f(a): ...\n``` please"})

    await tab.wait_for_selector("#messages pre")

    assert await tab.inner_text("#messages pre code") == "def f(a): ..."
    assert "``" not in await tab.inner_text("#messages")


async def test_she_is_seen_thinking_where_she_was_asked(tab: Tab, world: tuple[Sandbox, Lucy]) -> None:
    world[0].providers["gemini"].answer_s = 0.5

    await tab.fill("#text", "@Lucy hello")
    await tab.press("#text", "Enter")
    await tab.wait_for_selector("#replies .status")
    await tab.wait_for_selector("#replies .msg:nth-child(2)", timeout=20_000)
    await tab.wait_for_selector("#replies .status", state="detached")

    assert await tab.locator("#messages .replies").count() == 1


async def test_a_slash_offers_the_commands_and_another_one_is_refused(tab: Tab) -> None:
    await tab.click("#text")
    await tab.keyboard.type("/lucy-costs m")
    await tab.keyboard.press("Tab")
    completed = await tab.input_value("#text")
    await tab.fill("#text", "/nonsense")
    await tab.press("#text", "Enter")

    assert completed == "/lucy-costs month by model"
    assert "not a command" in await tab.inner_text("#messages .ephemeral")


async def test_lucy_hears_nothing_in_a_channel_she_is_not_in(tab: Tab, world: tuple[Sandbox, Lucy]) -> None:
    await tab.click("[data-channel=C0QUIET]")
    await tab.fill("#text", "@Lucy hello")
    await tab.press("#text", "Enter")
    await tab.wait_for_selector("#messages .ephemeral")

    assert "isn't in this channel" in await tab.inner_text("#messages .ephemeral")
    assert world[0].slack.delivery.log == []
