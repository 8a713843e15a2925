"""What a digest says of yesterday, and how it looks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from bot.costs.reports import Reports
from bot.db.database import Database
from bot.digests.compose import Digest, change, compose
from bot.slack.digest_channel import digest_blocks, headline
from tests.costs.spending import Spent, spend

DAY = date(2026, 11, 23)
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


async def digest_of(db: Database, workspace_id: UUID) -> Digest:
    return await compose(db, Reports(db, "big/model"), workspace_id, DAY, "UTC")


async def test_yesterday_is_held_against_its_weekday_and_the_week(db: Database, workspace_id: UUID) -> None:
    await spend(db, workspace_id, NOON, Spent("2", baseline="5"))
    await spend(db, workspace_id, NOON - timedelta(days=7), Spent("1"))
    await spend(db, workspace_id, NOON - timedelta(days=1), Spent("6"))

    digest = await digest_of(db, workspace_id)

    assert (digest.same_weekday_usd, digest.seven_day_mean_usd) == (Decimal(1), Decimal(1))
    assert change(digest.report.total.cost_usd, digest.same_weekday_usd) == "+100 %"
    assert digest.report.saved_usd == 3


async def test_days_without_calls_are_days_of_nothing_not_gaps(db: Database, workspace_id: UUID) -> None:
    await spend(db, workspace_id, NOON - timedelta(days=7), Spent("1"))

    digest = await digest_of(db, workspace_id)

    assert [day.key for day in digest.days] == [str(DAY - timedelta(days=ago)) for ago in range(14, -1, -1)]
    assert digest.days[-1].cost_usd == 0


async def test_the_message_holds_every_figure_within_slacks_limits(db: Database, workspace_id: UUID) -> None:
    for n in range(5):
        await spend(
            db,
            workspace_id,
            NOON,
            Spent("0.10", model=f"m{n}", user=f"U{n}", channel=f"C{n}", tier=1 + n % 3, attempt=2),
        )
    await spend(db, workspace_id, NOON, Spent(None, model="odd", source="unpriced", user="U0"))

    digest = await digest_of(db, workspace_id)
    blocks = digest_blocks(digest, {"U0": "Ada"})

    told = str(blocks)
    for part in ("$0.50", "By tier", "m0", "Ada", "<#C0>", "big/model", "5 fallbacks", "1 unpriced"):
        assert part in told
    assert len(blocks) <= 50
    assert all(len(block["text"]["text"]) <= 3000 for block in blocks if "text" in block)
    assert "$0.50" in headline(digest)


async def test_a_day_without_calls_gets_one_honest_line(db: Database, workspace_id: UUID) -> None:
    blocks = digest_blocks(await digest_of(db, workspace_id), {})

    assert len(blocks) == 2
    assert "no model was called" in blocks[1]["text"]["text"]
