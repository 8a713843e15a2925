"""Where the rollup's past is cut: at every midnight of the zones in which a workspace is read, and at UTC's.

Quarters that lie between two cuts are folded into one row per key, stored at the first of them. Who reads whole days
of one of these zones finds the same sums before and after.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import ARRAY, FromClause, Text, bindparam, func, select, text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from bot.db.base import Base, Instant, Key
from bot.db.cost_sql import FIGURES, SLOTS, SUMS
from bot.db.cost_tables import CostRollupRow
from bot.db.partitions import oldest_month

ALWAYS = "UTC"
"""Books that outlive a workspace, providers' bills and FOCUS count days of UTC."""


class RollupCutRow(Base):
    __tablename__ = "rollup_cut"

    workspace_id: Mapped[Key]
    zones: Mapped[list[str]] = mapped_column(ARRAY(Text))
    recut_before: Mapped[Instant | None]
    day_threads: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))


@dataclass(frozen=True, slots=True)
class Cut:
    """At whose midnights the past is cut; what lies before `recut_before` (a UTC midnight) may still be cut otherwise."""

    zones: frozenset[str]
    recut_before: datetime | None

    def serves(self, zone: str) -> bool:
        """True when the rollup knows every day of a zone."""
        return zone == ALWAYS or (self.recut_before is None and zone in self.zones)


def piece(quarter: datetime, zones: Iterable[str]) -> tuple[datetime, datetime]:
    """The stretch of time around a quarter in which none of the zones has a midnight: from one cut to the next."""
    cuts = {cut for zone in zones for cut in _midnights(quarter, ZoneInfo(zone))}
    return max(cut for cut in cuts if cut <= quarter), min(cut for cut in cuts if cut > quarter)


def _midnights(quarter: datetime, zone: ZoneInfo) -> Iterable[datetime]:
    """Around a quarter; where clocks are set at midnight, both instants that may be meant."""
    today = quarter.astimezone(zone).date()
    for day in (today, today + timedelta(days=1)):
        for fold in (0, 1):
            yield _midnight(day, zone, fold)


def _midnight(day: date, zone: ZoneInfo, fold: int) -> datetime:
    return datetime.combine(day, time(fold=fold), zone).astimezone(UTC)


def known(zones: Iterable[str]) -> frozenset[str]:
    """Those that are time zones on this machine, and UTC."""
    return frozenset({ALWAYS, *(zone for zone in zones if _is_zone(zone))})


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


_ROWS = (
    text(
        f"""
        SELECT row.workspace_id, slot.dimension, row.created_at AS quarter, slot.key,
               {", ".join(f"{figure} AS {name}" for name, figure in FIGURES.items())}
        FROM cost_log AS row CROSS JOIN LATERAL (VALUES {SLOTS}) AS slot (dimension, key, shard)
        WHERE row.created_at >= :kept_since AND row.state <> 'open'
        UNION ALL
        SELECT workspace_id, dimension, quarter, key, {SUMS} FROM cost_rollup WHERE quarter < :kept_since
        """
    )
    .bindparams(bindparam("kept_since", type_=TIMESTAMP(timezone=True)))
    .columns(*(CostRollupRow.__table__.c[name] for name in ("workspace_id", "dimension", "quarter", "key", *FIGURES)))
)
"""What the rollup would say if nothing were folded, as far back as the ledger has rows."""


class RollupSource:
    """From where the sums of one workspace are read."""

    def __init__(self, session: AsyncSession, workspace_id: UUID) -> None:
        self._session, self._workspace_id = session, workspace_id
        self._found: dict[str, Any] = {}

    async def of(self, zone: str) -> Any:
        """The rollup; for days of a zone for which it is not cut, the ledger's own rows in its shape."""
        if zone not in self._found:
            self._found[zone] = await self._find(zone)
        return self._found[zone]

    async def _find(self, zone: str) -> Any:
        cut = await self.cut()
        if cut is None or cut.serves(zone):
            return CostRollupRow
        since = await oldest_month(self._session)
        rows: FromClause = _ROWS.bindparams(kept_since=since).subquery("rows")
        return rows.c

    async def cut(self, *, lock: bool = False) -> Cut | None:
        """How the past is cut; None while nothing was folded yet. Locked, no other replica folds meanwhile."""
        mine = select(RollupCutRow.zones, RollupCutRow.recut_before)
        mine = mine.where(RollupCutRow.workspace_id == self._workspace_id)
        row = (await self._session.execute(mine.with_for_update() if lock else mine)).one_or_none()
        return Cut(frozenset(row.zones), row.recut_before) if row else None


def tomorrow() -> Any:
    """The next midnight of UTC by the database's clock."""
    return func.date_trunc("day", func.now(), ALWAYS) + timedelta(days=1)
