"""What a digest holds of the days it tells of."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from bot.db.bills import BillCheck
from bot.db.budgets import Budget, BudgetKey, Mode
from bot.db.database import Database
from bot.db.digests import Kind
from bot.db.ids import workspace_id_of
from bot.digests.compose import Composer
from bot.digests.digest import Digest
from bot.digests.sentences import change
from bot.digests.spans import Span
from tests.costs.spending import Spent, spend

DAY = date(2026, 11, 23)
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
YESTERDAY = Span(Kind.DAILY, DAY, DAY)
LAST_WEEK = Span(Kind.WEEKLY, date(2026, 11, 16), date(2026, 11, 22))
LAST_MONTH = Span(Kind.MONTHLY, date(2026, 10, 1), date(2026, 10, 31))


def days_ago(number: int) -> datetime:
    return NOON - timedelta(days=number)


async def digest_of(db: Database, workspace_id: UUID, span: Span = YESTERDAY, **how: bool) -> Digest:
    return await Composer(db, "big/model").compose(workspace_id, span, "UTC", **how)


async def test_yesterday_is_held_against_its_weekday_and_the_week(db: Database, workspace_id: UUID) -> None:
    await spend(db, workspace_id, NOON, Spent("2", baseline="5"))
    await spend(db, workspace_id, days_ago(7), Spent("1"))
    await spend(db, workspace_id, days_ago(1), Spent("6"))

    digest = await digest_of(db, workspace_id)

    assert (digest.before_usd, digest.mean_usd, digest.saved_usd) == (Decimal(1), Decimal(1), Decimal(3))
    assert change(digest.total.spent_usd, Decimal(1)) == "100 % more than"


async def test_a_first_day_is_held_against_nothing(db: Database, workspace_id: UUID) -> None:
    await spend(db, workspace_id, NOON, Spent("2"))

    digest = await digest_of(db, workspace_id)

    assert (digest.before_usd, digest.mean_usd, digest.month.ahead, digest.anomalies) == (None, None, None, ())


async def test_days_without_calls_are_days_of_nothing_not_gaps(db: Database, workspace_id: UUID) -> None:
    await spend(db, workspace_id, days_ago(7), Spent("1"))

    digest = await digest_of(db, workspace_id)

    assert [day.day for day in digest.history] == [DAY - timedelta(days=ago) for ago in range(13, -1, -1)]
    assert [day.usd for day in digest.history] == [0] * 6 + [1] + [0] * 7


async def test_a_week_and_a_month_are_held_against_the_ones_before(db: Database, workspace_id: UUID) -> None:
    for ago, usd in ((1, "2"), (7, "4"), (8, "3"), (14, "8"), (40, "5"), (53, "7"), (60, "100")):
        await spend(db, workspace_id, days_ago(ago), Spent(usd))

    week = await digest_of(db, workspace_id, LAST_WEEK)
    month = await digest_of(db, workspace_id, LAST_MONTH)

    assert (week.total.spent_usd, week.before_usd, week.month.spent_usd) == (6, 11, 17)
    assert (month.total.spent_usd, month.before_usd, month.mean_usd) == (12, None, None)
    assert (month.month.over, month.month.spent_usd) == (True, 12)


async def test_a_month_of_weekdays_is_forecast_and_its_cap_dated(db: Database, workspace_id: UUID) -> None:
    for ago in range(28):
        if days_ago(ago).weekday() < 5:
            await spend(db, workspace_id, days_ago(ago), Spent("10"))
    async with db.unit(workspace_id) as unit:
        await unit.budgets.set(Budget(BudgetKey("workspace", "", "month"), Decimal(190), Mode.SOFT, "U0ADA"))

    digest = await digest_of(db, workspace_id)

    assert digest.month.spent_usd == 160
    assert digest.month.heading_for
    usual, least, most = digest.month.heading_for
    assert abs(usual - 210) < 1
    assert least <= usual <= most < 230
    assert digest.month.cap
    assert digest.month.cap.hit_on(digest.month.ahead) == date(2026, 11, 26)


async def test_what_stands_out_is_told_with_its_cause(db: Database, workspace_id: UUID) -> None:
    for week in range(1, 7):
        await spend(db, workspace_id, days_ago(7 * week), Spent("1", user="UADA", channel="C1", model="small"))
    await spend(db, workspace_id, NOON, Spent("1.10", user="UADA", channel="C1", model="small"))
    await spend(db, workspace_id, NOON, Spent("8", user="UBEN", channel="C2", model="big"))

    [told] = (await digest_of(db, workspace_id)).anomalies
    [nameless] = (await digest_of(db, workspace_id, named=False)).anomalies

    assert told.anomaly.more_usd == Decimal("8.10")
    assert [(cause.dimension, cause.key) for cause in told.causes] == [
        ("user", "UBEN"),
        ("channel", "C2"),
        ("model", "big"),
    ]
    assert nameless.causes[0].key == ""


async def test_people_can_be_a_number_and_direct_messages_never_say_whose(db: Database, workspace_id: UUID) -> None:
    for n in range(5):
        await spend(db, workspace_id, NOON, Spent("1", user=f"USECRET{n}", channel=f"DSECRET{n}"))

    digest = await digest_of(db, workspace_id, named=False)

    assert "SECRET" not in str(digest)
    assert (digest.tops[0].keys, digest.tops[0].rows) == (5, ())
    [direct] = digest.tops[1].rows
    assert (direct.usd, direct.calls) == (5, 5)


async def test_the_dearest_threads_of_a_day_are_told_and_no_other_workspaces(db: Database, workspace_id: UUID) -> None:
    other = workspace_id_of("T0OTHER")
    for workspace, usd, thread in ((workspace_id, "1", "1.1"), (workspace_id, "2", "1.1"), (workspace_id, "2", "2.2")):
        await spend(db, workspace, NOON, Spent(usd, thread=thread))
    await spend(db, other, NOON, Spent("99", thread="9.9"))

    digest = await digest_of(db, workspace_id)

    assert [(one.thread_ts, one.usd, one.calls) for one in digest.threads] == [("1.1", 3, 2), ("2.2", 2, 1)]
    assert digest.total.spent_usd == 5
    assert {row.key for top in digest.tops for row in top.rows} == {"U1", "C1", "small/model"}


async def test_the_gap_to_the_bills_is_told_per_provider(db: Database, workspace_id: UUID) -> None:
    checks = [
        BillCheck("openai", DAY - timedelta(days=ago), Decimal(booked), Decimal(10))
        for ago, booked in ((3, "9.98"), (4, "9.96"))
    ]
    async with db.operations() as operations:
        await operations.remember_bill(checks)

    [gap] = (await digest_of(db, workspace_id)).bills

    assert (gap.provider, gap.share, gap.through) == ("openai", Decimal("0.003"), DAY - timedelta(days=3))
