"""Reads of the rollup: what a workspace spent, by dimension and by local day."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import ColumnElement, Text, func, literal_column, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from bot.db.rollup_cut import RollupSource


@dataclass(frozen=True, slots=True)
class Sums:
    """The sums of one key (a model, a user, ...); amounts in USD."""

    key: str
    calls: int = 0
    fallbacks: int = 0
    failed: int = 0
    unpriced: int = 0
    unknown: int = 0
    estimated: int = 0
    diverged: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: Decimal = Decimal(0)
    estimated_usd: Decimal = Decimal(0)
    unknown_reserved_usd: Decimal = Decimal(0)
    baseline_usd: Decimal = Decimal(0)
    cache_saved_usd: Decimal = Decimal(0)

    @property
    def spent_usd(self) -> Decimal:
        """All that is known to be paid for: what was reported and what had to be estimated."""
        return self.cost_usd + self.estimated_usd

    def __add__(self, other: Sums) -> Sums:
        """Both together, under this one's key."""
        return Sums(self.key, *(getattr(self, name) + getattr(other, name) for name in SUMMED))


SUMMED = tuple(name for name in Sums.__slots__ if name != "key")
_KINDS: tuple[Any, ...] = tuple(Decimal if name.endswith("_usd") else int for name in SUMMED)


class Days(Protocol):
    """Whole local days of a zone, from one midnight to before another (aware instants)."""

    @property
    def start(self) -> datetime: ...
    @property
    def end(self) -> datetime: ...
    @property
    def zone(self) -> str: ...


class RollupStore:
    """The rollup of one workspace, read in whole local days of a zone; each read is a query or two on its primary key."""

    def __init__(self, session: AsyncSession, workspace_id: UUID) -> None:
        self._session, self._workspace_id = session, workspace_id
        self._source = RollupSource(session, workspace_id)

    async def by(self, dimension: str, days: Days, key: str | None = None) -> list[Sums]:
        """Sums per key of a dimension, the dearest first."""
        rows = await self._source.of(days.zone)
        only = true() if key is None else rows.key == key
        return _dearest_first(await self._sums(rows, rows.key, dimension, days, only))

    async def models_of(self, user_id: str, days: Days) -> list[Sums]:
        """Sums per model of what one person asked, the dearest first.

        Which models there were is asked first: whole keys are sought in the index, where beginnings of keys are not.
        """
        mine, rows = f"{user_id}|", await self._source.of(days.zone)
        keys = [f"{mine}{sums.key}" for sums in await self.by("model", days)]
        found = await self._sums(rows, rows.key, "user_model", days, rows.key.in_(keys)) if keys else []
        return [replace(sums, key=sums.key.removeprefix(mine)) for sums in _dearest_first(found)]

    async def by_day(self, days: Days) -> list[Sums]:
        """Totals per local day (the key is YYYY-MM-DD), oldest first."""
        rows = await self._source.of(days.zone)
        day = func.cast(func.date(func.timezone(days.zone, rows.quarter)), Text)
        return sorted(await self._sums(rows, day, "total", days, true()), key=lambda sums: sums.key)

    async def _sums(self, rows: Any, label: Any, dimension: str, days: Days, only: ColumnElement[bool]) -> list[Sums]:
        sums = [func.coalesce(func.sum(getattr(rows, name)), 0).label(name) for name in SUMMED]
        wanted = select(label.label("key"), *sums).where(
            rows.workspace_id == self._workspace_id,
            rows.dimension == dimension,
            rows.quarter >= days.start,
            rows.quarter < days.end,
            only,
        )
        found = (await self._session.execute(wanted.group_by(literal_column("1")))).all()
        return [sums_of(row) for row in found]


def _dearest_first(found: list[Sums]) -> list[Sums]:
    return sorted(found, key=lambda sums: (-sums.cost_usd, -sums.calls, sums.key))


def sums_of(row: Any) -> Sums:
    """A row that has a `key` and, at its end, every summed column. There may be thousands."""
    return Sums(str(row.key), *[kind(figure) for kind, figure in zip(_KINDS, row[-len(_KINDS) :], strict=True)])
