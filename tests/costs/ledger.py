"""Attempts and outcomes as a test wants them, and the rollup recomputed from the rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select, text

from bot.db.cost_tables import CostRollupRow, CostRow
from bot.db.costs import NewAttempt, OpenAttempt, Outcome
from bot.db.database import Database, engine_for
from bot.db.ids import new_id

COUNTS = (
    "calls", "fallbacks", "failed", "unpriced", "unknown", "estimated", "diverged", "input_tokens",
    "cached_input_tokens", "output_tokens",
)  # fmt: skip
SUMS = ("cost_usd", "estimated_usd", "unknown_reserved_usd", "baseline_usd", "cache_saved_usd")
Key = tuple[datetime, str, str]

FAST = NewAttempt(
    id=UUID(int=0),
    task_id=UUID(int=1),
    purpose="reply",
    tier=1,
    intent="chat",
    attempt=1,
    requested_model="a/small",
    provider="a",
    deployment="a/small",
    reserved_usd=Decimal("0.05"),
    rates={"input": "1", "output": "2"},
    price_book="test",
    baseline_model="b/big",
    user_id="U1",
    channel_id="C1",
    thread_ts="1.0",
)

SETTLED = Outcome(
    "settled",
    "a/small",
    input_tokens=100,
    cached_input_tokens=60,
    output_tokens=20,
    usage_source="reported",
    cost_usd=Decimal("0.000123456789"),
    list_usd=Decimal("0.000123456789"),
    baseline_usd=Decimal("0.002"),
    cache_saved_usd=Decimal("0.000054"),
    cost_source="list",
)
FAILED = Outcome("failed", "a/small", "server", cost_usd=Decimal(0))
UNKNOWN = Outcome("unknown", "a/small", "timeout")


async def opened(db: Database, workspace_id: UUID, lifetime_s: float = 60, like: NewAttempt = FAST) -> OpenAttempt:
    async with db.unit(workspace_id) as unit:
        return await unit.costs.open(replace(like, id=new_id()), lifetime_s)


async def move(db: Database, key: OpenAttempt, outcome: Outcome) -> bool:
    async with db.unit(key.workspace_id) as unit:
        return await unit.costs.move(key, outcome)


async def sweep(db: Database, workspace_id: UUID) -> int:
    async with db.unit(workspace_id) as unit:
        return await unit.costs.sweep()


async def rows(db: Database, workspace_id: UUID) -> list[CostRow]:
    async with db.unit(workspace_id) as unit:
        mine = select(CostRow).where(CostRow.workspace_id == workspace_id).order_by(CostRow.id)
        return list((await unit.costs._session.scalars(mine)).all())


async def execute(db: Database, statement: str) -> None:
    """As the owner of the tables, whom no lock holds."""
    engine = engine_for(db.url)
    async with engine.begin() as connection:
        await connection.execute(text(statement))
    await engine.dispose()


async def rollup(db: Database, workspace_id: UUID) -> dict[Key, dict[str, Decimal]]:
    """What the table says, without the keys that came to nothing; shards are added up."""
    async with db.unit(workspace_id) as unit:
        mine = select(CostRollupRow).where(CostRollupRow.workspace_id == workspace_id)
        stored = (await unit.rollups._session.scalars(mine)).all()
    sums: dict[Key, dict[str, Decimal]] = defaultdict(lambda: dict.fromkeys((*COUNTS, *SUMS), Decimal(0)))
    for row in stored:
        for name in (*COUNTS, *SUMS):
            sums[row.quarter, row.dimension, row.key][name] += Decimal(getattr(row, name))
    return {key: values for key, values in sums.items() if any(values.values())}


def recomputed(ledger: Iterable[CostRow]) -> dict[Key, dict[str, Decimal]]:
    """The rollup as the rows of the ledger demand it."""
    sums: dict[Key, dict[str, Decimal]] = defaultdict(lambda: dict.fromkeys((*COUNTS, *SUMS), Decimal(0)))
    for row in ledger:
        if row.state == "open":
            continue
        for dimension, key in _keys(row):
            for name, value in _contribution(row).items():
                sums[_quarter(row.created_at), dimension, key][name] += value
    return dict(sums)


def by_day(
    sums: Mapping[Key, Mapping[str, Decimal]], zone: str = "UTC"
) -> dict[tuple[date, str, str], dict[str, Decimal]]:
    """The quarters of each local day added up, as far as they come to something."""
    days: dict[tuple[date, str, str], dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for (quarter, dimension, key), figures in sums.items():
        for name, figure in figures.items():
            days[quarter.astimezone(ZoneInfo(zone)).date(), dimension, key][name] += figure
    return {key: dict(figures) for key, figures in days.items() if any(figures.values())}


def _keys(row: CostRow) -> Iterable[tuple[str, str]]:
    yield "total", ""
    yield "model", row.model
    yield "tier", str(row.tier)
    yield "user", row.user_id
    yield "channel", row.channel_id
    yield "purpose", row.purpose
    yield "user_model", f"{row.user_id}|{row.model}"


def _contribution(row: CostRow) -> dict[str, Decimal]:
    cost = row.cost_usd or Decimal(0)
    estimated = row.usage_source == "estimated"
    return {
        "calls": Decimal(1),
        "fallbacks": Decimal(row.state == "settled" and row.attempt > 1),
        "failed": Decimal(row.state == "failed"),
        "unpriced": Decimal(row.cost_source == "unpriced"),
        "unknown": Decimal(row.state == "unknown"),
        "estimated": Decimal(estimated),
        "diverged": Decimal("price_diverges" in (row.flags or ())),
        "input_tokens": Decimal(row.input_tokens),
        "cached_input_tokens": Decimal(row.cached_input_tokens),
        "output_tokens": Decimal(row.output_tokens),
        "cost_usd": Decimal(0) if estimated else cost,
        "estimated_usd": cost if estimated else Decimal(0),
        "unknown_reserved_usd": (row.reserved_usd or Decimal(0)) if row.state == "unknown" else Decimal(0),
        "baseline_usd": row.baseline_usd or Decimal(0),
        "cache_saved_usd": row.cache_saved_usd or Decimal(0),
    }


def _quarter(at: datetime) -> datetime:
    at = at.astimezone(UTC)
    return at.replace(second=0, microsecond=0) - timedelta(minutes=at.minute % 15)
