"""The digest as people see it on the demo page."""

from __future__ import annotations

from playwright.async_api import Page as Tab

from bot.app import Lucy
from bot.commands.demo_month import seed_month
from bot.db.ids import workspace_id_of
from bot.sandbox.sandbox import Sandbox
from tests.browser.conftest import IN_A_BROWSER

pytestmark = IN_A_BROWSER


async def test_the_digest_is_drawn_with_its_chart_and_with_a_picture_where_charts_are_refused(
    tab: Tab, world: tuple[Sandbox, Lucy]
) -> None:
    sandbox, lucy = world
    workspace_id = workspace_id_of(sandbox.slack.state.team_id)
    await seed_month(lucy.db, workspace_id)

    await lucy.digests.post_now(workspace_id, "C0FINANCE")
    sandbox.slack.state.refused_blocks = {"data_visualization"}
    await lucy.digests.post_now(workspace_id, "C0FINANCE")
    await tab.click("[data-channel=C0FINANCE]")

    await tab.wait_for_selector("#messages .chart .area")
    picture = tab.locator("#messages img.picture")
    await picture.wait_for()
    assert await picture.evaluate("image => image.complete && image.naturalWidth") > 1000
    assert "more than a usual" in await tab.inner_text("#messages")
