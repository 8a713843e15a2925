"""Prices for rows that had none when they were settled: by the book and the overlays of their own time, never silently."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from bot.costs.attempt import OVERHEAD
from bot.costs.explain import usage_of_row
from bot.costs.money import exact
from bot.costs.price_book import PriceBook
from bot.db.audit import OPERATOR, Change
from bot.db.cost_tables import CostRow
from bot.db.database import Database
from bot.db.past_costs import LatePrice
from bot.llm.model_client import Deployment

_AT_A_TIME = 500


@dataclass(frozen=True, slots=True)
class Repriced:
    """What one run did in one workspace; `cost_usd` is what the priced rows cost together."""

    workspace_id: UUID
    unpriced: int
    priced: int
    cost_usd: Decimal


async def reprice(db: Database, book: PriceBook, workspace_id: UUID, since: datetime, *, dry_run: bool) -> Repriced:
    """Price what can be priced, with one entry in the trail, all of it or nothing. Raises DatabaseAway."""
    unpriced, priced, cost, after = 0, 0, Decimal(0), None
    async with db.unit(workspace_id) as unit:
        while rows := await unit.past.unpriced(since, after, _AT_A_TIME):
            after = rows[-1].created_at, rows[-1].id
            prices = [price for row in rows if (price := late_price(row, book))]
            unpriced += len(rows)
            priced += len(prices) if dry_run else await unit.past.price(prices)
            cost += sum((price.cost_usd for price in prices), Decimal(0))
        done = Repriced(workspace_id, unpriced, priced, cost)
        if priced and not dry_run:
            await unit.audit.record(_entry(done, since, book))
    return done


def late_price(row: CostRow, book: PriceBook) -> LatePrice | None:
    """What a row costs by the prices of its own time; None when they do not know it either."""
    model, _, api_base = row.deployment.partition("@")
    usage = usage_of_row(row)
    price = book.price_of(Deployment(model, api_base or None), row.created_at)
    served = price.serving(usage) if price else None
    if served is None:
        return None
    compared = row.state == "settled" and row.purpose not in OVERHEAD
    baseline = book.price_of(Deployment(row.baseline_model), row.created_at) if compared else None
    return LatePrice(
        created_at=row.created_at,
        id=row.id,
        cost_usd=served.cost(usage),
        baseline_usd=baseline.cost(usage) if baseline else None,
        cache_saved_usd=served.cache_saved(usage),
        cost_source=served.source,
        rates=served.snapshot(usage),
        price_book=served.version or book.version,
    )


def _entry(done: Repriced, since: datetime, book: PriceBook) -> Change:
    before = {"unpriced": done.unpriced, "since": since.isoformat()}
    after = {"priced": done.priced, "cost_usd": exact(done.cost_usd), "price_book": book.version}
    return Change(OPERATOR, "reprice", "cost_log", before, after)
