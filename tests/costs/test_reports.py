"""Rows, rollup and report say the same, and each workspace sees its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from bot.costs.periods import period
from bot.costs.reports import (
    DIMENSIONS,
    MOST_ROWS,
    Reports,
    cache_savings,
    in_words,
    per_call,
    savings,
    shortened,
)
from bot.db.database import Database
from bot.db.ids import workspace_id_of
from bot.db.ledger import REST
from tests.costs.spending import Spent, spend

NOON = datetime(2026, 11, 23, 12, 7, tzinfo=UTC)
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


@pytest.fixture
def reports(db: Database) -> Reports:
    return Reports(db, "big/model")


async def test_rows_rollup_and_report_are_one_sum(db: Database, workspace_id: UUID, reports: Reports) -> None:
    for usd, model, user in (("0.000000000001", "a", "U1"), ("1.25", "b", "U1"), ("0.3", "a", "U2")):
        await spend(db, workspace_id, NOON, Spent(usd, model=model, user=user))

    told = {by: await reports.spend(workspace_id, period("yesterday", NOW), by) for by in DIMENSIONS}

    async with db.unit(workspace_id) as unit:
        ledger = await unit.costs.total()
    assert ledger == Decimal("1.550000000001")
    for report in told.values():
        assert report.total.cost_usd == sum(row.cost_usd for row in report.rows) == ledger
        assert report.total.calls == sum(row.calls for row in report.rows) == 3
    assert [row.key for row in told["model"].rows] == ["b", "a"]


async def test_another_workspace_sees_nothing_of_it(db: Database, workspace_id: UUID, reports: Reports) -> None:
    await spend(db, workspace_id, NOON, Spent("1"))

    theirs = await reports.spend(workspace_id_of("T0OTHER"), period("yesterday", NOW), "model")

    assert (theirs.total.calls, theirs.rows) == (0, ())
    assert "Nothing was spent" in in_words(theirs)


async def test_a_day_of_nepal_is_made_of_its_own_quarters(db: Database, workspace_id: UUID, reports: Reports) -> None:
    for minute, usd in ((14, "1"), (15, "2")):
        await spend(db, workspace_id, datetime(2026, 11, 22, 18, minute, tzinfo=UTC), Spent(usd))

    day = await reports.spend(workspace_id, period("2026-11-23..2026-11-23", NOW, "Asia/Kathmandu"))

    assert day.total.cost_usd == 2


async def test_a_member_sees_the_total_and_their_own_models(db: Database, workspace_id: UUID, reports: Reports) -> None:
    await spend(db, workspace_id, NOON, Spent("1", model="a", user="U_1"))
    await spend(db, workspace_id, NOON, Spent("2", model="a", user="UX1"))

    own = await reports.own(workspace_id, "U_1", period("yesterday", NOW), "model")

    assert own.total.cost_usd == 3
    assert [(row.key, row.cost_usd) for row in own.rows] == [("a", Decimal(1))]


async def test_what_is_uncertain_is_counted_and_never_added(db: Database, workspace_id: UUID, reports: Reports) -> None:
    await spend(db, workspace_id, NOON, Spent("0.5", attempt=2))
    await spend(db, workspace_id, NOON, Spent(None, source="unpriced"))
    await spend(db, workspace_id, NOON, Spent(None, state="unknown", reserved="0.07"))
    await spend(db, workspace_id, NOON, Spent("0", state="failed"))

    report = await reports.spend(workspace_id, period("yesterday", NOW))

    total = report.total
    assert (total.cost_usd, total.unknown_reserved_usd) == (Decimal("0.5"), Decimal("0.07"))
    assert (total.calls, total.fallbacks, total.failed, total.unpriced, total.unknown) == (4, 1, 1, 1, 1)
    assert (
        "1 answered by a fallback (25 %) · 1 failed (25 %) · 0 estimated · 1 of unknown cost (25 %, at most $0.070)"
        " · 1 unpriced (25 %)"
    ) in in_words(report)


async def test_savings_name_their_baseline(db: Database, workspace_id: UUID, reports: Reports) -> None:
    await spend(db, workspace_id, NOON, Spent("0.5", baseline="2", cache_saved="0.25"))

    report = await reports.spend(workspace_id, period("yesterday", NOW))

    assert (report.saved_usd, report.cache_saved_usd) == (Decimal("1.5"), Decimal("0.25"))
    assert "$1.50 saved against always using `big/model`" in in_words(report)
    assert "$0.25 saved by the providers' caches" in in_words(report)
    assert savings(Decimal("-0.2"), "big/model").startswith("$0.20 more than always using `big/model`")
    assert cache_savings(Decimal("-0.03")).startswith("$0.030 more was paid for writing")


async def test_what_is_estimated_stands_beside_and_lowers_the_savings(
    db: Database, workspace_id: UUID, reports: Reports
) -> None:
    await spend(db, workspace_id, NOON, Spent("0.5", baseline="2"))
    await spend(db, workspace_id, NOON, Spent("0.25", baseline="1", usage="estimated"))

    report = await reports.spend(workspace_id, period("yesterday", NOW), "thread")

    total = report.total
    assert (total.cost_usd, total.estimated_usd, report.saved_usd) == (Decimal("0.5"), Decimal("0.25"), Decimal("2.25"))
    assert "1 estimated (50 %, $0.25 more)" in in_words(report)
    assert per_call(report.rows[0]) == Decimal("0.375")


async def test_the_dearest_threads_come_first_and_the_rest_is_one_row(
    db: Database, workspace_id: UUID, reports: Reports
) -> None:
    for cents in range(1, MOST_ROWS + 4):
        await spend(db, workspace_id, NOON, Spent(f"0.{cents:03}", channel=f"C{cents}"))

    report = await reports.spend(workspace_id, period("yesterday", NOW), "thread")

    assert [row.key for row in report.rows[:2]] == ["C102|1", "C101|1"]
    assert (report.rows[-1].key, report.rows[-1].cost_usd) == (REST, Decimal("0.006"))
    assert sum(row.cost_usd for row in report.rows) == report.total.cost_usd
    assert sum(row.cost_usd for row in shortened(report.rows, 10)) == report.total.cost_usd


async def test_several_days_are_told_day_by_day(db: Database, workspace_id: UUID, reports: Reports) -> None:
    await spend(db, workspace_id, NOON, Spent("1"))
    await spend(db, workspace_id, NOW, Spent("2"))

    report = await reports.spend(workspace_id, period("7d", NOW))

    assert [(day.key, day.cost_usd) for day in report.days] == [("2026-11-23", 1), ("2026-11-24", 2)]


async def test_json_keeps_every_digit(db: Database, workspace_id: UUID, reports: Reports) -> None:
    await spend(db, workspace_id, NOON, Spent("0.000000000001"))

    told = (await reports.spend(workspace_id, period("yesterday", NOW), "model")).as_json()

    assert str(told).count("'cost_usd': '0.000000000001'") == 2


@pytest.mark.parametrize(("sees_all", "by", "keys"), [(True, "tier", ["1", "2"]), (False, "model", ["a"])])
async def test_an_overview_says_what_each_report_says(
    db: Database, workspace_id: UUID, reports: Reports, sees_all: bool, by: str, keys: list[str]
) -> None:
    await spend(db, workspace_id, NOW.replace(hour=1), Spent("0.25", model="a", user="U1", baseline="1"))
    await spend(db, workspace_id, NOON, Spent("0.5", model="b", user="U2", tier=2))
    await spend(db, workspace_id, NOON.replace(day=2), Spent("1", model="a", user="U1"))

    seen = await reports.overview(workspace_id, "U1", NOW, sees_all=sees_all)

    for shown, words in ((seen.today, "today"), (seen.week, "week"), (seen.month, "month")):
        assert shown == replace(await reports.own(workspace_id, "U1", period(words, NOW)), days=())
    assert [report.total.cost_usd for report in (seen.today, seen.week, seen.month)] == [
        Decimal("0.25"),
        Decimal("0.75"),
        Decimal("1.75"),
    ]
    assert (seen.mix.by, [row.key for row in seen.mix.rows]) == (by, keys)
