"""What a digest reads of the rollup: days by key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Date, Row, cast, func, literal_column, or_, select
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
class KeySums:
    """One key of one dimension in the stretch that is told of (`now`), or in the one it is held against."""

    dimension: str
    now: bool
    sums: Sums


class DigestReads:
    """The reads of one workspace's digest."""

    def __init__(self, session: AsyncSession, workspace_id: UUID) -> None:
        self._session, self._workspace_id = session, workspace_id
        self._source = RollupSource(session, workspace_id)

    async def by_day(self, zone: str, stretches: Sequence[Stretch], dimensions: Sequence[str]) -> list[DaySums]:
        """Sums per dimension, local day of `zone` and key over all stretches of time."""
        rows = await self._source.of(zone)
        day = cast(func.timezone(zone, rows.quarter), Date)
        found = await self._sums(rows, day, stretches, dimensions)
        return [DaySums(row.dimension, row.part, sums_of(row)) for row in found]

    async def by_key(self, zone: str, now: Stretch, before: Stretch, dimensions: Sequence[str]) -> list[KeySums]:
        """Sums per dimension and key, in whole days of `zone` and in some before them."""
        rows = await self._source.of(zone)
        found = await self._sums(rows, rows.quarter >= now[0], [before, now], dimensions)
        return [KeySums(row.dimension, row.part, sums_of(row)) for row in found]

    async def _sums(
        self, rows: Any, part: ColumnElement[Any], stretches: Sequence[Stretch], dimensions: Sequence[str]
    ) -> Sequence[Row[Any]]:
        sums = [func.coalesce(func.sum(getattr(rows, name)), 0).label(name) for name in SUMMED]
        wanted = select(rows.dimension, part.label("part"), rows.key, *sums).where(
            rows.workspace_id == self._workspace_id,
            rows.dimension.in_(dimensions),
            rows.quarter >= min(start for start, _ in stretches),  # bounds for the index, which an OR does not give
            rows.quarter < max(end for _, end in stretches),
            or_(*((rows.quarter >= start) & (rows.quarter < end) for start, end in stretches)),
        )
        by: list[ColumnElement[Any]] = [literal_column(n) for n in ("1", "2", "3")]
        return (await self._session.execute(wanted.group_by(*by).order_by(*by))).all()
