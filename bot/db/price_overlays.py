"""Prices that operators set while Lucy runs: appended, never rewritten; no workspace owns them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, Numeric, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from bot.db.base import Base, Instant, Key, Words

_RATE = Numeric(12, 6)


class PriceOverlayRow(Base):
    __tablename__ = "price_overlay"
    __table_args__ = (
        CheckConstraint(
            "input_usd >= 0 AND cached_input_usd >= 0 AND output_usd >= 0"
            " AND 'NaN' NOT IN (input_usd, coalesce(cached_input_usd, 0), output_usd)",
            name="rates",
        ),
    )

    id: Mapped[Key]
    at: Mapped[Instant] = mapped_column(server_default=func.clock_timestamp())
    model: Mapped[Words]
    since: Mapped[date] = mapped_column(Date)
    input_usd: Mapped[Decimal] = mapped_column(_RATE)
    cached_input_usd: Mapped[Decimal | None] = mapped_column(_RATE)
    output_usd: Mapped[Decimal] = mapped_column(_RATE)
    note: Mapped[Words] = mapped_column(server_default="")


@dataclass(frozen=True, slots=True)
class PriceOverlay:
    """A price for a model id or a deployment's name from a day (UTC) on, in USD per million tokens."""

    id: UUID
    model: str
    since: date
    input_usd: Decimal
    output_usd: Decimal
    cached_input_usd: Decimal | None = None
    note: str = ""
    at: datetime | None = None

    @property
    def rates(self) -> Mapping[str, str]:
        """The rates as decimal strings; a cached read costs as much as plain input when nothing else was said."""
        told = {"input": self.input_usd, "cached_input": self.cached_input_usd, "output": self.output_usd}
        return {name: f"{rate.normalize():f}" for name, rate in told.items() if rate is not None}


async def add(session: AsyncSession, overlay: PriceOverlay) -> None:
    """Append a price."""
    fields = {name: getattr(overlay, name) for name in PriceOverlay.__slots__ if name != "at"}
    await session.execute(insert(PriceOverlayRow).values(**fields))


async def overlays(session: AsyncSession) -> list[PriceOverlay]:
    """Every price ever set, oldest first."""
    rows = await session.scalars(select(PriceOverlayRow).order_by(PriceOverlayRow.at, PriceOverlayRow.id))
    return [PriceOverlay(**{name: getattr(row, name) for name in PriceOverlay.__slots__}) for row in rows]
