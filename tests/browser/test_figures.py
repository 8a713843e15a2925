"""The demo page draws Slack's native table and chart."""

from __future__ import annotations

from playwright.async_api import Page as Tab

from bot.app import Lucy
from bot.sandbox.sandbox import Sandbox
from tests.browser.conftest import IN_A_BROWSER

pytestmark = IN_A_BROWSER


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
