"""Rows, rollup and report say the same, and each workspace sees its own."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from bot.costs.periods import period
from bot.costs.reports import DIMENSIONS, Reports, in_words, savings
from bot.db.database import Database
from bot.db.ids import workspace_id_of
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
    assert "1 of unknown cost (at most $0.070)" in in_words(report)


async def test_savings_name_their_baseline(db: Database, workspace_id: UUID, reports: Reports) -> None:
    await spend(db, workspace_id, NOON, Spent("0.5", baseline="2"))

    report = await reports.spend(workspace_id, period("yesterday", NOW))

    assert report.saved_usd == Decimal("1.5")
    assert "$1.50 saved against always using `big/model`" in in_words(report)
    assert savings(Decimal("-0.2"), "big/model").startswith("$0.20 more than always using `big/model`")


async def test_json_keeps_every_digit(db: Database, workspace_id: UUID, reports: Reports) -> None:
    await spend(db, workspace_id, NOON, Spent("0.000000000001"))

    told = (await reports.spend(workspace_id, period("yesterday", NOW), "model")).as_json()

    assert str(told).count("'cost_usd': '0.000000000001'") == 2
