"""What yesterday cost, composed from the rollup."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from bot.costs.periods import days
from bot.costs.reports import Reports, SpendReport
from bot.db.database import Database
from bot.db.rollups import Sums

TOP = 3


@dataclass(frozen=True, slots=True)
class Digest:
    """Yesterday against the days before it; amounts in USD."""

    local_date: date
    report: SpendReport
    same_weekday_usd: Decimal
    seven_day_mean_usd: Decimal
    days: tuple[Sums, ...]  # fifteen local days, oldest first, `local_date` the last
    tiers: tuple[Sums, ...]
    models: tuple[Sums, ...]
    users: tuple[Sums, ...]
    channels: tuple[Sums, ...]


async def compose(db: Database, reports: Reports, workspace_id: UUID, local_date: date, zone: str) -> Digest:
    """The digest of one local day of a workspace."""
    day = days(f"{local_date:%A, %-d %B}", local_date, local_date, zone)
    before = days("the days before", local_date - timedelta(days=14), local_date, zone)
    report = await reports.spend(workspace_id, day)
    async with db.unit(workspace_id) as unit:
        history = await unit.rollups.by_day(zone, before.start, before.end)
        tops = {
            dimension: tuple(await unit.rollups.by(dimension, day.start, day.end))
            for dimension in ("tier", "model", "user", "channel")
        }
    by_date = {sums.key: sums for sums in history}
    each = [_sums_on(local_date - timedelta(days=ago), by_date) for ago in range(14, -1, -1)]
    return Digest(
        local_date,
        report,
        each[-8].cost_usd,
        sum((day.cost_usd for day in each[-8:-1]), Decimal(0)) / 7,
        tuple(each),
        tuple(sorted(tops["tier"], key=lambda sums: sums.key)),
        tops["model"][:TOP],
        tops["user"][:TOP],
        tops["channel"][:TOP],
    )


def _sums_on(day: date, by_date: Mapping[str, Sums]) -> Sums:
    """A day without calls is a day of $0, not a gap."""
    return by_date.get(str(day), Sums(str(day)))


def change(now: Decimal, before: Decimal) -> str:
    """`+12 %`, `-3 %`, or that there is nothing to compare with."""
    if not before:
        return "nothing to compare with"
    return f"{(now - before) / before * 100:+.0f} %"
