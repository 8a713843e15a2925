"""Spend of an earlier day, written through the ledger's own statements."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from bot.db.costs import NewAttempt, Outcome
from bot.db.database import Database
from bot.db.ids import new_id


@dataclass(frozen=True, slots=True)
class Spent:
    """One attempt; amounts in USD."""

    usd: str | None
    model: str = "small/model"
    user: str = "U1"
    channel: str = "C1"
    tier: int = 1
    attempt: int = 1
    state: str = "settled"
    source: str = "list"
    baseline: str = "0"
    cache_saved: str = "0"
    usage: str = "reported"
    reserved: str = "0.05"
    thread: str = "1"


async def spend(db: Database, workspace_id: UUID, at: datetime, spent: Spent) -> None:
    """Open an attempt at `at` and move it to its state."""
    attempt = NewAttempt(
        id=new_id(),
        task_id=new_id(),
        purpose="reply",
        tier=spent.tier,
        intent="chat",
        attempt=spent.attempt,
        requested_model=spent.model,
        provider="p",
        deployment=spent.model,
        reserved_usd=Decimal(spent.reserved),
        rates=None,
        price_book="test",
        baseline_model="big/model",
        user_id=spent.user,
        channel_id=spent.channel,
        thread_ts=spent.thread,
    )
    outcome = Outcome(
        spent.state,
        spent.model,
        usage_source="none" if spent.usd is None else spent.usage,
        cost_usd=None if spent.usd is None else Decimal(spent.usd),
        baseline_usd=Decimal(spent.baseline),
        cache_saved_usd=Decimal(spent.cache_saved),
        cost_source=spent.source if spent.state == "settled" else None,
    )
    async with db.unit(workspace_id) as unit:
        await unit.costs.move(await unit.costs.open(attempt, 60, at=at), outcome)
