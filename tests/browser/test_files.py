"""Files on the demo page: attached, seen, answered, and downloaded again by who is logged in alone."""

from __future__ import annotations

from playwright.async_api import FilePayload
from playwright.async_api import Page as Tab

from bot.app import Lucy
from bot.sandbox.sandbox import Sandbox
from tests.browser.conftest import IN_A_BROWSER
from tests.pictures import drawn

pytestmark = IN_A_BROWSER


async def test_a_table_is_attached_and_answered_and_the_books_agree(tab: Tab, world: tuple[Sandbox, Lucy]) -> None:
    table = FilePayload(name="sales.csv", mimeType="text/csv", buffer=b"region,units\nnorth,12\n")
    archive = FilePayload(name="old.zip", mimeType="application/zip", buffer=b"PK\x03\x04")

    await tab.set_input_files("#composer [type=file]", [table, archive])
    assert await tab.inner_text("#composer .brought") == "sales.csv\nold.zip\n×"
    await tab.fill("#text", "@Lucy which region sold most?")
    await tab.press("#text", "Enter")
    await tab.wait_for_selector("#replies .msg:nth-child(2) .context", timeout=20_000)
    await tab.wait_for_selector("#equal.yes")

    answer = await tab.inner_text("#replies .msg:nth-child(2)")
    assert "region, units" in answer.replace("\n", " ")
    assert "I couldn't read old.zip (I don't open archives)." in answer
    assert await tab.locator("#replies .msg:nth-child(1) .file").count() == 2
    assert await tab.is_hidden("#composer .brought")


async def test_a_picture_is_seen_in_a_reply(tab: Tab, world: tuple[Sandbox, Lucy]) -> None:
    await tab.fill("#text", "@Lucy hello")
    await tab.press("#text", "Enter")
    await tab.wait_for_selector("#replies .msg:nth-child(2) .context", timeout=20_000)

    await tab.set_input_files(
        "#reply [type=file]", FilePayload(name="door.png", mimeType="image/png", buffer=drawn(90, 60))
    )
    await tab.fill("#replytext", "@Lucy what is this?")
    await tab.press("#replytext", "Enter")
    await tab.wait_for_selector("#replies .msg:nth-child(4) .context", timeout=20_000)
    await tab.wait_for_selector("#equal.yes")

    assert "I can see 1 picture" in await tab.inner_text("#replies .msg:nth-child(4)")


async def test_a_file_is_for_who_is_logged_in(tab: Tab, world: tuple[Sandbox, Lucy]) -> None:
    slack = world[0].slack
    url = slack.api.files.kept[slack.attach("U0BEN", "sales.csv", b"region,units\n")]["url_private"]

    mine = await tab.request.get(url)
    await tab.context.clear_cookies()
    strangers = await tab.request.get(url)

    assert await mine.text() == "region,units\n"
    assert "Sign in" in await strangers.text()


async def test_too_large_a_file_is_refused_and_the_words_are_said(tab: Tab, world: tuple[Sandbox, Lucy]) -> None:
    await tab.evaluate(
        "() => { const real = window.fetch; window.fetch = async (url, sent) =>"
        " url.startsWith('/page/attach') ? new Response('', { status: 413 }) : real(url, sent); }"
    )
    await tab.set_input_files("#composer [type=file]", FilePayload(name="big.txt", mimeType="text/plain", buffer=b"x"))
    await tab.fill("#text", "hello")
    await tab.press("#text", "Enter")

    await tab.wait_for_selector("text=up to 4 MB")
    await tab.wait_for_selector("#messages .msg >> text=hello")
    assert world[0].slack.messages("C0GENERAL")[-1].get("files") is None


async def test_another_page_may_attach_nothing(tab: Tab, world: tuple[Sandbox, Lucy]) -> None:
    url = f"{world[0].slack.origin}/page/attach?user=U0BEN&name=x.csv"

    evil = await tab.request.post(url, headers={"Origin": "http://evil.example"}, data=b"x")
    large = await tab.request.post(url, data=b"x" * 4_000_001)
    nobody = await tab.request.post(url.replace("U0BEN", "U0NOBODY"), data=b"x")

    assert (evil.status, large.status, nobody.status) == (403, 413, 400)
