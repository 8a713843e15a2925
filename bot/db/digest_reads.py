"""What a digest reads of the rollup: days by key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Date, Select, cast, func, literal_column, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.db.day_threads import Stretch
from bot.db.rollup_cut import RollupSource
from bot.db.rollups import SUMMED, Sums, sums_of


@dataclass(frozen=True, slots=True)
class DaySums:
    """One key of one dimension on one local day."""

    dimension: str
    day: date
    sums: Sums


@dataclass(frozen=True, slots=True)
class KeySpend:
    """One key of one dimension: what it spent, in USD, and how often, and what it had spent in the stretch held against."""

    dimension: str
    key: str
    usd: Decimal
    before_usd: Decimal
    calls: int
    unpriced: int


class DigestReads:
    """The reads of one workspace's digest."""

    def __init__(self, session: AsyncSession, workspace_id: UUID) -> None:
        self._session, self._workspace_id = session, workspace_id
        self._source = RollupSource(session, workspace_id)

    async def by_day(self, zone: str, stretches: Sequence[Stretch], dimensions: Sequence[str]) -> list[DaySums]:
        """Sums per dimension, local day of `zone` and key over all stretches of time."""
        rows = await self._source.of(zone)
        day = cast(func.timezone(zone, rows.quarter), Date).label("day")
        sums = [func.coalesce(func.sum(getattr(rows, name)), 0).label(name) for name in SUMMED]
        wanted = self._within(select(rows.dimension, day, rows.key, *sums), rows, stretches, dimensions)
        by = _first(3)
        found = await self._session.execute(wanted.group_by(*by).order_by(*by))
        return [DaySums(row.dimension, row.day, sums_of(row)) for row in found]

    async def by_key(self, zone: str, now: Stretch, before: Stretch, dimensions: Sequence[str]) -> list[KeySpend]:
        """What each key spent in whole days of `zone`, and in some before them."""
        rows = await self._source.of(zone)
        told, spent = rows.quarter >= now[0], rows.cost_usd + rows.estimated_usd
        sums = [
            func.coalesce(func.sum(figure).filter(which), 0)
            for figure, which in ((spent, told), (spent, ~told), (rows.calls, told), (rows.unpriced, told))
        ]
        wanted = self._within(select(rows.dimension, rows.key, *sums), rows, [before, now], dimensions)
        return [KeySpend(*row) for row in await self._session.execute(wanted.group_by(*_first(2)))]

    def _within(
        self, wanted: Select[Any], rows: Any, stretches: Sequence[Stretch], dimensions: Sequence[str]
    ) -> Select[Any]:
        return wanted.where(
            rows.workspace_id == self._workspace_id,
            rows.dimension.in_(dimensions),
            rows.quarter >= min(start for start, _ in stretches),  # bounds for the index, which an OR does not give
            rows.quarter < max(end for _, end in stretches),
            or_(*((rows.quarter >= start) & (rows.quarter < end) for start, end in stretches)),
        )


def _first(columns: int) -> list[ColumnElement[Any]]:
    """So many of them, by their places."""
    return [literal_column(str(place)) for place in range(1, columns + 1)]
