"""The digest for terminals and machines says what Slack is told."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from bot.db.database import Database
from bot.db.digests import Kind
from bot.db.rollups import Sums
from bot.digests.compose import Composer
from bot.digests.digest import BillGap, Cap, Month, Revision
from bot.digests.forecast import Day, Forecast
from bot.digests.sentences import budget, change, month, revised, saved, spent, trust
from bot.digests.spans import Span
from bot.digests.words import as_json, as_lines
from tests.costs.spending import Spent, spend
from tests.digests.test_compose import YESTERDAY, digest_of

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
LAST = date(2026, 11, 23)
AHEAD = Forecast(tuple(Day(LAST + timedelta(days=n), Decimal(10)) for n in range(1, 8)), Decimal(12))


async def test_lines_and_json_hold_the_same_figures(db: Database, workspace_id: UUID) -> None:
    await spend(db, workspace_id, NOON, Spent("0.250000000001", model="m"))

    digest = await Composer(db, "big/model").compose(workspace_id, YESTERDAY, "UTC")

    lines = "\n".join(as_lines(digest))
    assert "Monday, 23 November" in lines
    assert "$0.25 spent · 1 model call" in lines
    assert "Models: m  $0.25, 100 %" in lines
    assert "too early to tell" in lines
    told = json.loads(json.dumps(as_json(digest)))
    assert told["total"]["cost_usd"] == told["tops"][2]["rows"][0]["usd"] == "0.250000000001"
    assert told["forecast"] is None


async def test_a_quiet_day_is_its_title_a_line_and_the_month(db: Database, workspace_id: UUID) -> None:
    assert len(list(as_lines(await digest_of(db, workspace_id)))) == 3


@pytest.mark.parametrize(
    ("now", "before", "said"),
    [
        ("1.12", "1", "12 % more than"), ("0.97", "1", "3 % less than"), ("4", "1", "4 times"),
        ("1.001", "1", "the same as"), ("1", "0", "up from nothing on"), ("0", "0", "as little as"),
    ],
)  # fmt: skip
def test_a_change_is_said_as_people_say_it(now: str, before: str, said: str) -> None:
    assert change(Decimal(now), Decimal(before)) == said


@pytest.mark.parametrize(
    ("limit", "spent_usd", "ahead", "said"),
    [
        ("100", "70", AHEAD, "70 % of the $100.00 budget · *on pace to hit the cap on the 26th*"),
        ("500", "70", AHEAD, "on pace to stay within it"),
        ("100", "70", None, "$30.00 left"),
        ("100", "100", AHEAD, "*used up*"),
        ("100", "103", AHEAD, "*used up, $3.00 over*"),
    ],
)
def test_a_budget_says_when_it_will_be_gone(limit: str, spent_usd: str, ahead: Forecast | None, said: str) -> None:
    told = Month(LAST, Decimal(spent_usd), over=False, ahead=ahead, cap=Cap(Decimal(limit), Decimal(spent_usd)))

    assert said in budget(told)


def test_a_month_says_where_it_is_heading_and_how_sure_that_is() -> None:
    told = Month(LAST, Decimal(61), over=False, ahead=AHEAD, cap=None)

    assert month(told) == "November so far *$61.00*, heading for *$131.00* (probably $119.00 to $143.00)"
    assert month(replace(told, over=True, ahead=None)) == "November came to *$61.00*"


async def test_trust_is_never_rounded_up(db: Database, workspace_id: UUID) -> None:
    digest = await digest_of(db, workspace_id)
    total = Sums("", calls=12_040, unpriced=1, unknown=2, unknown_reserved_usd=Decimal("0.3"), failed=3, estimated=4)

    told = trust(replace(digest, total=total, bills=(BillGap("openai", Decimal("0.003"), date(2026, 11, 20)),)))

    assert told.startswith("12,040 calls, 99.9 % priced, 2 of unknown cost (at most $0.30), 3 failed, 4 estimated")
    assert "gap to the bill 0.3 % (openai, through 20 Nov)" in told


async def test_savings_are_split_and_named(db: Database, workspace_id: UUID) -> None:
    digest = await digest_of(db, workspace_id)
    cheap = Sums("", calls=1, cost_usd=Decimal(2), baseline_usd=Decimal(10), cache_saved_usd=Decimal(1))
    dear = replace(cheap, baseline_usd=Decimal(1))

    told = saved(replace(digest, total=cheap))
    assert told == (
        "*$8.00 saved by routing* (80 %) against always using `big/model` at list price · "
        "$1.00 saved by the providers' caches"
    )
    assert saved(replace(digest, total=dear)) == (
        "*$1.00 more* than always using `big/model` at list price · $1.00 saved by the providers' caches"
    )


async def test_estimated_sums_are_told_apart_and_revisions_named(db: Database, workspace_id: UUID) -> None:
    digest = await digest_of(db, workspace_id)
    total = Sums("", calls=2, cost_usd=Decimal(1), estimated_usd=Decimal("0.5"))
    before = Span(Kind.DAILY, date(2026, 11, 22), date(2026, 11, 22))
    revision = Revision(before, Decimal(4), Decimal("4.12"))

    assert spent(replace(digest, total=total)) == "*$1.50* spent, $0.50 of it estimated · 2 model calls, $0.75 each"
    told = revised(replace(digest, revision=revision))
    assert told == "The day before revised +$0.12 to $4.12: calls that were settled later"
