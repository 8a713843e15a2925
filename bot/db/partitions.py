"""The ledger's monthly partitions, by UTC month."""

from __future__ import annotations

from datetime import UTC, date, datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from bot import log
from bot.db.roles import STEP_OUT

_log = log.get(__name__)

ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtext('lucy.partitions'))")
PARTITIONS = text("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'cost_log'::regclass")


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


async def oldest_month(session: AsyncSession) -> datetime:
    """The instant from which on the ledger has kept its rows."""
    first = min((await session.scalars(PARTITIONS)).all())
    year, month = first.removeprefix("cost_log_").split("_")
    return datetime(int(year), int(month), 1, tzinfo=UTC)


async def ensure_partitions(session: AsyncSession, months_ahead: int, today: date | None = None) -> None:
    """Make the partitions of this month, by the database's clock, and of the `months_ahead` next ones."""
    month = (today or await _today(session)).replace(day=1)
    await session.execute(STEP_OUT)
    await session.execute(ONE_AT_A_TIME)
    for ahead in range(months_ahead + 1):
        for statement in partition_sql(month_after(month, ahead)):
            await session.execute(text(statement))


async def drop_partitions(
    session: AsyncSession, months: int, today: date | None = None, lock_timeout_s: float = 5
) -> list[str]:
    """Detach and drop what is older than the `months` months before this one, by the database's clock; the rollup stays.

    Gives up when a reader holds the ledger for longer than the lock timeout: its unit raises DatabaseAway.
    """
    oldest_kept = month_after((today or await _today(session)).replace(day=1), -months)
    await session.execute(STEP_OUT)
    await session.execute(ONE_AT_A_TIME)
    await session.execute(text(f"SET LOCAL lock_timeout = '{int(lock_timeout_s * 1000)}ms'"))
    names = (await session.scalars(PARTITIONS)).all()
    old = sorted(name for name in names if name < f"cost_log_{oldest_kept:%Y_%m}")
    for name in old:
        await session.execute(text(f"ALTER TABLE cost_log DETACH PARTITION {name}"))
        await session.execute(text(f"DROP TABLE {name}"))
        _log.info("partition_dropped", name=name)
    return old


async def _today(session: AsyncSession) -> date:
    now: datetime = (await session.execute(text("SELECT now()"))).scalar_one()
    return now.astimezone(UTC).date()
