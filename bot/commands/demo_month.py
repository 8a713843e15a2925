"""A believable month of spend for the demo's digest, through the ledger's own statements."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from bot.costs.price_book import PriceBook, load_price_book
from bot.costs.pricing import Price
from bot.db.costs import NewAttempt, Outcome
from bot.db.database import Database
from bot.db.ids import new_id
from bot.llm.model_client import Usage

_DAYS = 30
_MIX = (("gemini/gemini-3.1-flash-lite", 1, 60), ("moonshot/kimi-k2.6", 2, 28), ("anthropic/claude-sonnet-5-5", 3, 12))
_BASELINE = "anthropic/claude-sonnet-5-5"
_PEOPLE = ("U0ADA", "U0BEN", "U0CHL", "U0DEV", "U0EVA")
_CHANNELS = ("C0GENERAL", "C0ENG", "C0FINANCE", "C0RANDOM")


async def seed_month(db: Database, workspace_id: UUID, now: datetime | None = None) -> None:
    """Once per database: about ten calls a day for thirty days, the same ones every time."""
    today = (now or datetime.now(UTC)).replace(hour=9, minute=0, second=0, microsecond=0)
    async with db.unit(workspace_id) as unit:
        if await unit.rollups.by("total", today - timedelta(days=_DAYS), today - timedelta(days=1)):
            return
    dice = random.Random(7)  # noqa: S311 - a fixed demo, not a secret
    for day in range(_DAYS, 0, -1):
        async with db.unit(workspace_id) as unit:
            for _ in range(dice.randint(6, 14)):
                at = today - timedelta(days=day, minutes=-dice.randint(0, 500))
                attempt, outcome = _call(dice, at)
                opened = await unit.costs.open(attempt, 60, at=at)
                await unit.costs.move(opened, outcome)


def _call(dice: random.Random, at: datetime) -> tuple[NewAttempt, Outcome]:
    book = load_price_book()
    model, tier, _ = dice.choices(_MIX, weights=[share for _, _, share in _MIX])[0]
    price, baseline = _price(book, model), _price(book, _BASELINE)
    usage = Usage(input_tokens=dice.randint(200, 6000), output_tokens=dice.randint(40, 900))
    attempt = NewAttempt(
        id=new_id(),
        task_id=new_id(),
        purpose="reply",
        tier=tier,
        intent="writing",
        attempt=1,
        requested_model=model,
        provider=model.split("/")[0],
        deployment=model,
        reserved_usd=Decimal("0.05"),
        rates=price.rates.snapshot(),
        price_book=book.version,
        baseline_model=_BASELINE,
        user_id=dice.choice(_PEOPLE),
        channel_id=dice.choice(_CHANNELS),
        thread_ts=f"{at.replace(minute=0).timestamp():.6f}",
    )
    cost = price.cost(usage)
    outcome = Outcome(
        "settled",
        model,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        usage_source="reported",
        cost_usd=cost,
        list_usd=cost,
        baseline_usd=baseline.cost(usage),
        cost_source="list",
        latency_ms=dice.randint(300, 4000),
    )
    return attempt, outcome


def _price(book: PriceBook, model: str) -> Price:
    listing = book.find(model)
    assert listing, model
    return listing.price
