"""The demo page in headless Chromium: break the primary, mention Lucy, see the fallback and equal books."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page as Tab
from playwright.async_api import Route, async_playwright
from pydantic import SecretStr

from bot.app import Lucy
from bot.commands.demo_world import demo_lucy
from bot.config import Settings
from bot.sandbox.page.page import Page
from bot.sandbox.sandbox import Sandbox

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        CHROMIUM is None and not os.environ.get("CI"), reason="no Chromium on this machine: the page was not tested"
    ),
]


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[tuple[Sandbox, Lucy]]:
    """The demo as `lucy demo` composes it."""
    sandbox = Sandbox(retry_delays_s=(0.0,))
    page = Page(sandbox)
    page.routes(sandbox.app)
    base = Settings(database_url=SecretStr(database_url))
    async with sandbox, demo_lucy(sandbox, base=base) as lucy:
        lucy.telemetry.subscribe(page.hear)
        yield sandbox, lucy


@pytest.fixture
async def tab(world: tuple[Sandbox, Lucy]) -> AsyncIterator[Tab]:
    """The page, opened; what it complained of fails the test."""
    complaints: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        opened = await browser.new_page(viewport={"width": 1440, "height": 900})
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        opened.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        await opened.goto(f"{world[0].slack.origin}/")
        await opened.wait_for_selector("#channels li")
        yield opened
        await browser.close()
    assert complaints == []


async def test_breaking_the_primary_shows_the_fallback_and_books_that_agree(
    tab: Tab, world: tuple[Sandbox, Lucy]
) -> None:
    await tab.click("#break")
    await tab.fill("#text", "@Lucy hello there, what is our zip code?")
    await tab.press("#text", "Enter")
    await tab.wait_for_selector("#replies .msg:nth-child(2)", timeout=20_000)
    await tab.wait_for_selector("#equal.yes")

    assert await tab.locator(".event.failed").count() == 1
    assert await tab.locator(".event.settled").count() == 1
    assert "fallback" in await tab.inner_text("#replies")


async def test_words_that_look_like_html_stay_words(tab: Tab, world: tuple[Sandbox, Lucy]) -> None:
    world[0].providers["gemini"].answers("<img src=x onerror=alert(1)> and <script>alert(2)</script>")

    await tab.fill("#text", "@Lucy hello")
    await tab.press("#text", "Enter")
    await tab.wait_for_selector("#replies .msg:nth-child(2)", timeout=20_000)

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


async def test_figures_are_drawn_with_pages_and_bars(tab: Tab, world: tuple[Sandbox, Lucy]) -> None:
    number = {"type": "raw_number", "value": 1, "text": "1 call"}
    names = [{"type": "raw_text", "text": f"model {n}"} for n in range(12)]
    rows = [[names[0], names[1]], *([name, number] for name in names)]
    table = {"type": "data_table", "caption": "By model", "page_size": 10, "rows": rows}
    points = [{"label": label, "value": value} for label, value in (("Nov 1", 2.5), ("Nov 2", 0))]
    chart = {
        "type": "bar",
        "series": [{"name": "Settled", "data": points}],
        "axis_config": {"categories": ["Nov 1", "Nov 2"]},
    }
    figures = [table, {"type": "data_visualization", "title": "Spend per day", "chart": chart}]

    world[0].slack.state.add("C0GENERAL", {"user": "U0LUCY", "text": "", "blocks": figures})
    await tab.wait_for_selector("#messages .chart rect")
    await tab.click("[aria-label='Next page']")

    assert await tab.locator("#messages .data tbody tr").count() == 2
    assert await tab.inner_text("#messages .pages span") == "11–12 of 12"
    assert await tab.locator("#messages .chart rect").count() == 2
    assert await tab.get_attribute("#messages .chart svg", "aria-label") == "Spend per day: Settled Nov 1 2.5, Nov 2 0"


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
