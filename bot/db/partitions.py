"""The ledger's monthly partitions, by UTC month."""

from __future__ import annotations

from datetime import UTC, date, datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


def month_after(month: date, months: int = 1) -> date:
    """The first day of the month that is `months` later."""
    count = month.year * 12 + month.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)


def partition_sql(month: date) -> list[str]:
    """The statements that make one month's partition of `cost_log`, repeatable."""
    first, last = month.replace(day=1), month_after(month)
    name = f"cost_log_{first:%Y_%m}"
    return [
        f"CREATE TABLE IF NOT EXISTS {name} PARTITION OF cost_log FOR VALUES FROM ('{first} 00:00+00') TO ('{last} 00:00+00')"
    ]


async def ensure_partitions(session: AsyncSession, months_ahead: int, today: date | None = None) -> None:
    """Make the partitions of this month and of the `months_ahead` next ones."""
    month = today or datetime.now(UTC).date()
    await session.execute(text("SELECT pg_advisory_xact_lock(hashtext('lucy.partitions'))"))
    for ahead in range(months_ahead + 1):
        for statement in partition_sql(month_after(month.replace(day=1), ahead)):
            await session.execute(text(statement))
