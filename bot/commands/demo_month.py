"""Five believable weeks of spend for the demo's digest, through the ledger's own statements."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from bot.costs.periods import Period
from bot.costs.price_book import PriceBook, load_price_book
from bot.costs.pricing import Price
from bot.db.costs import NewAttempt, Outcome
from bot.db.database import Database
from bot.db.ids import new_id
from bot.llm.model_client import Usage

_DAYS = 35
_CHEAP, _DEAR = "gemini/gemini-3.1-flash-lite", "anthropic/claude-sonnet-5-5"
_MIX = ((_CHEAP, 1, 40), ("moonshot/kimi-k2.6", 2, 35), (_DEAR, 3, 25))
_PEOPLE = ("U0ADA", "U0BEN", "U0CHL", "U0DEV", "U0EVA")
_CHANNELS = ("C0GENERAL", "C0ENG", "C0FINANCE", "C0RANDOM")
_WEEKDAY, _WEEKEND = (7, 10), (1, 2)


@dataclass(frozen=True, slots=True)
class _Asked:
    """One call of the month."""

    at: datetime
    model: str
    tier: int
    user: str
    channel: str
    usage: Usage


async def seed_month(db: Database, workspace_id: UUID, now: datetime | None = None) -> None:
    """Once per database: working days, quiet weekends, and a yesterday on which Ben had long work done; always the same."""
    today = (now or datetime.now(UTC)).replace(hour=9, minute=0, second=0, microsecond=0)
    async with db.unit(workspace_id) as unit:
        if await unit.rollups.by("total", Period("", today - timedelta(days=_DAYS), today - timedelta(days=1), "UTC")):
            return
    dice = random.Random(7)  # noqa: S311 - a fixed demo, not a secret
    for ago in range(_DAYS, 0, -1):
        day = today - timedelta(days=ago)
        calls = [_usual(dice, day) for _ in range(dice.randint(*(_WEEKDAY if day.weekday() < 5 else _WEEKEND)))]
        if ago == 1:
            calls += [_long_work(dice, day, n) for n in range(7)]
        async with db.unit(workspace_id) as unit:
            for call in calls:
                attempt, outcome = _booked(call)
                await unit.costs.move(await unit.costs.open(attempt, 60, at=call.at), outcome)


def _usual(dice: random.Random, day: datetime) -> _Asked:
    model, tier, _ = dice.choices(_MIX, weights=[share for _, _, share in _MIX])[0]
    given = dice.randint(20_000, 120_000)
    usage = Usage(
        input_tokens=given,
        cached_input_tokens=given * dice.choice((0, 0, 3)) // 5,
        output_tokens=dice.randint(200, 3_000),
    )
    at = day + timedelta(minutes=dice.randint(0, 500))
    return _Asked(at, model, tier, dice.choice(_PEOPLE), dice.choice(_CHANNELS), usage)


def _long_work(dice: random.Random, day: datetime, n: int) -> _Asked:
    usage = Usage(input_tokens=dice.randint(90_000, 140_000), output_tokens=dice.randint(4_000, 8_000))
    return _Asked(day + timedelta(minutes=5 * n), _DEAR, 3, "U0BEN", "C0ENG", usage)


def _booked(call: _Asked) -> tuple[NewAttempt, Outcome]:
    book = load_price_book()
    price, baseline = (_price(book, name) for name in (call.model, _DEAR))
    attempt = NewAttempt(
        id=new_id(),
        task_id=new_id(),
        purpose="reply",
        tier=call.tier,
        intent="writing",
        attempt=1,
        requested_model=call.model,
        provider=call.model.split("/", maxsplit=1)[0],
        deployment=call.model,
        reserved_usd=Decimal("0.05"),
        rates=price.rates.snapshot(),
        price_book=book.version,
        baseline_model=_DEAR,
        user_id=call.user,
        channel_id=call.channel,
        thread_ts=f"{call.at.replace(minute=0).timestamp():.6f}",
    )
    cost = price.cost(call.usage)
    outcome = Outcome(
        "settled",
        call.model,
        input_tokens=call.usage.input_tokens,
        cached_input_tokens=call.usage.cached_input_tokens,
        output_tokens=call.usage.output_tokens,
        usage_source="reported",
        cost_usd=cost,
        list_usd=cost,
        baseline_usd=baseline.cost(call.usage),
        cache_saved_usd=price.cache_saved(call.usage),
        cost_source="list",
        latency_ms=900,
    )
    return attempt, outcome


def _price(book: PriceBook, model: str) -> Price:
    listing = book.find(model)
    assert listing, model
    return listing.price
