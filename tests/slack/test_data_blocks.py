"""Whatever a report holds, its blocks are such as Slack takes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import example, given
from hypothesis import strategies as st

from bot.costs.periods import days, period
from bot.costs.reports import DIMENSIONS, SpendReport
from bot.db.rollups import Sums
from bot.sandbox.slack.rules import check_blocks
from bot.slack.data_blocks import data_table, spend_chart
from bot.slack.report_blocks import native_blocks, text_blocks
from bot.slack.report_names import Names

USD = st.decimals(0, 10**6, places=12)
COUNT = st.integers(0, 10**7)
ROWS = st.builds(
    Sums,
    key=st.text(max_size=300) | st.sampled_from(["&" * 300, "C" * 300, "C1|" + "9" * 300]),
    calls=COUNT,
    unknown=st.integers(0, 1),
    unpriced=st.integers(0, 1),
    cost_usd=USD,
    estimated_usd=USD,
)
FIRST = date(2026, 1, 1)


@example(rows=[Sums("0", calls=1)], by="tier", length=1)
@given(rows=st.lists(ROWS, max_size=130), by=st.sampled_from(DIMENSIONS), length=st.integers(1, 800))
def test_slack_takes_any_report(rows: list[Sums], by: str, length: int) -> None:
    covered = days("some days", FIRST, FIRST + timedelta(days=length - 1), "Europe/Berlin")
    told = tuple(Sums(day.isoformat(), calls=1, cost_usd=Decimal(1)) for day in covered.days())
    total = Sums("", calls=7, cost_usd=Decimal(3), estimated_usd=Decimal(1))
    report = SpendReport(covered, total, by, tuple(rows), "big/model", told if length > 1 else ())

    for blocks in (native_blocks(report, Names(by)), text_blocks(report, Names(by))):
        check_blocks(blocks)


def test_many_rows_are_put_together_without_losing_a_call() -> None:
    rows = tuple(Sums(f"m{n}", calls=2, cost_usd=Decimal(200 - n)) for n in range(150))
    covered = period("today", datetime(2026, 11, 24, tzinfo=UTC))

    table = data_table(SpendReport(covered, Sums("", calls=300), "model", rows, "big"), Names("model"))["rows"]

    assert (len(table), table[-1][0]["text"]) == (61, "all the rest")
    assert sum(row[3]["value"] for row in table[1:]) == 300


def test_days_without_spend_have_a_bar_of_nothing_and_many_days_share_one() -> None:
    spent = (Sums("2026-01-02", calls=1, cost_usd=Decimal("1.5")),)
    week = SpendReport(days("w", FIRST, FIRST + timedelta(days=2), "UTC"), Sums("", calls=1), None, (), "big", spent)
    month = SpendReport(days("m", FIRST, FIRST + timedelta(days=29), "UTC"), Sums("", calls=1), None, (), "big", spent)

    daily, paired = spend_chart(week), spend_chart(month)

    assert [point["value"] for point in daily["chart"]["series"][0]["data"]] == [0, 1.5, 0]
    assert (paired["title"], paired["chart"]["axis_config"]["categories"][0]) == ("Spend per 2 days", "Jan 1–2")
