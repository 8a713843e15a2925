"""What the ledger holds against a provider's bill, and how the last comparison came out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Date, case, cast, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from bot.db.base import USD, Base, Instant, Words
from bot.db.cost_tables import CostRow


class BillCheckRow(Base):
    __tablename__ = "bill_check"

    provider: Mapped[Words] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    booked_usd: Mapped[Decimal] = mapped_column(USD)
    billed_usd: Mapped[Decimal] = mapped_column(USD)
    checked_at: Mapped[Instant] = mapped_column(server_default=func.now())


@dataclass(frozen=True, slots=True)
class Booked:
    """One served model on one UTC day, over all workspaces; USD, `cost_usd` with what is estimated."""

    day: date
    model: str
    calls: int
    cost_usd: Decimal
    tokens: int
    unpriced: int
    unknown: int
    unknown_reserved_usd: Decimal


@dataclass(frozen=True, slots=True)
class BillCheck:
    """The last comparison with a provider's bill for one UTC day; USD."""

    provider: str
    day: date
    booked_usd: Decimal
    billed_usd: Decimal


async def booked(session: AsyncSession, provider: str, start: datetime, end: datetime) -> list[Booked]:
    """Sums per UTC day and model of one provider; across tenants, reached through Operations alone."""
    day = cast(func.timezone("UTC", CostRow.created_at), Date).label("day")
    unknown = CostRow.state == "unknown"
    sums = select(
        day,
        CostRow.model,
        func.count().label("calls"),
        func.coalesce(func.sum(CostRow.cost_usd), 0).label("cost_usd"),
        func.sum(CostRow.input_tokens + CostRow.output_tokens).label("tokens"),
        func.count().filter(CostRow.cost_source == "unpriced").label("unpriced"),
        func.count().filter(unknown).label("unknown"),
        func.coalesce(func.sum(case((unknown, CostRow.reserved_usd))), 0).label("unknown_reserved_usd"),
    )
    wanted = sums.where(
        CostRow.provider == provider,
        CostRow.created_at >= start,
        CostRow.created_at < end,
        CostRow.state != "open",
    )
    rows = await session.execute(wanted.group_by(day, CostRow.model).order_by(day, CostRow.model))
    return [Booked(**row) for row in rows.mappings()]


async def remember(session: AsyncSession, checks: Sequence[BillCheck]) -> None:
    """Keep how a comparison came out; a later one of the same day replaces it."""
    if not checks:
        return
    row = insert(BillCheckRow).values(
        [{name: getattr(check, name) for name in BillCheck.__slots__} for check in checks]
    )
    again = {"booked_usd": row.excluded.booked_usd, "billed_usd": row.excluded.billed_usd, "checked_at": func.now()}
    await session.execute(row.on_conflict_do_update(index_elements=["provider", "day"], set_=again))


async def checked(session: AsyncSession, since: date) -> list[BillCheck]:
    """Comparisons of the days from `since` on, oldest first."""
    wanted = select(BillCheckRow).where(BillCheckRow.day >= since).order_by(BillCheckRow.day, BillCheckRow.provider)
    rows = (await session.scalars(wanted)).all()
    return [BillCheck(row.provider, row.day, row.booked_usd, row.billed_usd) for row in rows]
