"""A workspace that wants to be forgotten: nothing of it stays but what its models cost, by day, among all who left."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import BigInteger, Date, Table, delete, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from bot.db.audit import OPERATOR, AuditStore, Change
from bot.db.base import USD, Base, Words
from bot.db.cost_tables import CostRollupRow, CostRow
from bot.db.roles import TURN_TO
from bot.errors import LucyError

OPERATORS_TRAIL = UUID(int=0)
"""The workspace of nobody: its audit trail tells what operators did to whole workspaces."""


class ForgottenDayRow(Base):
    __tablename__ = "forgotten_day"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    model: Mapped[Words] = mapped_column(primary_key=True)
    calls: Mapped[int] = mapped_column(BigInteger)
    unpriced: Mapped[int] = mapped_column(BigInteger)
    input_tokens: Mapped[int] = mapped_column(BigInteger)
    cached_input_tokens: Mapped[int] = mapped_column(BigInteger)
    output_tokens: Mapped[int] = mapped_column(BigInteger)
    cost_usd: Mapped[Decimal] = mapped_column(USD)
    estimated_usd: Mapped[Decimal] = mapped_column(USD)
    unknown_reserved_usd: Mapped[Decimal] = mapped_column(USD)


_SUMS = tuple(column.name for column in ForgottenDayRow.__table__.columns if not column.primary_key)

KEEP_SUMS = text(
    f"""
    INSERT INTO forgotten_day AS kept (day, model, {", ".join(_SUMS)})
    SELECT (quarter AT TIME ZONE 'UTC')::date, key, {", ".join(f"sum({name})" for name in _SUMS)}
    FROM cost_rollup WHERE workspace_id = :workspace_id AND dimension = 'model'
      AND quarter < coalesce(CAST(:until AS timestamptz), 'infinity') GROUP BY 1, 2
    ON CONFLICT (day, model) DO UPDATE SET {", ".join(f"{name} = kept.{name} + excluded.{name}" for name in _SUMS)}
    """
)


class StillOpen(LucyError):
    """Model calls of the workspace are under way: what they cost is not known yet."""


async def rows_of(session: AsyncSession, workspace_id: UUID) -> dict[str, int]:
    """How many rows each table holds of a workspace; tables without a row of the workspace are left out."""
    counts = {}
    for table in _tenant_tables():
        mine = select(func.count()).select_from(table).where(table.c.workspace_id == workspace_id)
        counts[table.name] = (await session.execute(mine)).scalar_one()
    return {name: count for name, count in counts.items() if count}


async def forget_oldest_day(session: AsyncSession, workspace_id: UUID, *, sums: bool) -> bool:
    """Remove the calls of a workspace's oldest UTC day, and what they add up to, so that the rest still agrees.

    False when no day is left. With `sums` they stay without whose they were.
    """
    mine = CostRollupRow.workspace_id == workspace_id
    oldest: datetime | None = await session.scalar(select(func.min(CostRollupRow.quarter)).where(mine))
    if oldest is None:
        return False
    until = oldest.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    if sums:
        await session.execute(KEEP_SUMS, {"workspace_id": workspace_id, "until": until})
    await session.execute(delete(CostRollupRow).where(mine, CostRollupRow.quarter < until))
    await session.execute(delete(CostRow).where(CostRow.workspace_id == workspace_id, CostRow.created_at < until))
    return True


async def forget(session: AsyncSession, workspace_id: UUID, *, sums: bool = True) -> dict[str, int]:
    """Remove every row of a workspace; with `sums`, those of its models by UTC day stay, without whose they were.

    The operators' trail says that it happened. Takes as long as it takes. Raises StillOpen.
    """
    await session.execute(text("SET LOCAL statement_timeout = 0"))
    still_open = select(func.count()).where(CostRow.workspace_id == workspace_id, CostRow.state == "open")
    if count := (await session.execute(still_open)).scalar_one():
        raise StillOpen(f"{count} model calls of this workspace are under way: try again in two minutes")
    removed = await rows_of(session, workspace_id)
    if not removed:
        return removed
    if sums:
        await session.execute(KEEP_SUMS, {"workspace_id": workspace_id, "until": None})
    for table in _tenant_tables():
        await session.execute(delete(table).where(table.c.workspace_id == workspace_id))
    await session.execute(TURN_TO, {"workspace_id": str(OPERATORS_TRAIL)})
    trail = AuditStore(session, OPERATORS_TRAIL)
    await trail.record(Change(OPERATOR, "workspace.forget", str(workspace_id), removed, None))
    return removed


def _tenant_tables() -> list[Table]:
    return [table for table in Base.metadata.sorted_tables if "workspace_id" in table.c]
