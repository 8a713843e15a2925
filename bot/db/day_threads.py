"""The dearest threads of a day, from the ledger's rows; those of the day that ended last are counted once and kept.

They are kept beside the rollup's cut, under its lock. What is settled of that day later stands in quarters until it is
folded, and folding forgets them, so what is told is what the rows say at any moment.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.db.cost_tables import CostRollupRow, CostRow
from bot.db.folding import FOLDED
from bot.db.rollup_cut import RollupCutRow

Stretch = tuple[datetime, datetime]
"""From an aware instant to before another."""

THREADS = 3
"""So many are told of a day."""


@dataclass(frozen=True, slots=True)
class ThreadSum:
    """One thread; USD."""

    channel_id: str
    thread_ts: str
    calls: int
    usd: Decimal


class DayThreadStore:
    """The dearest threads of one workspace's days."""

    def __init__(self, session: AsyncSession, workspace_id: UUID) -> None:
        self._session, self._workspace_id = session, workspace_id

    async def dearest(self, zone: str, day: Stretch) -> list[ThreadSum]:
        """The dearest `THREADS` of a day of a zone: as kept if that is what the rows say now, else counted."""
        kept = (await self._kept()).get(zone)
        if kept and kept["day"] == _named(day) and not await self._came_since(day):
            return [ThreadSum(channel, thread, calls, Decimal(usd)) for channel, thread, calls, usd in kept["threads"]]
        return await self._counted(day)

    async def keep(self, days: Mapping[str, Stretch]) -> None:
        """Count a day that is over for each zone, unless it is kept or not all of it is folded yet."""
        kept = await self._kept(lock=True)
        found = {zone: kept[zone] for zone, day in days.items() if zone in kept and kept[zone]["day"] == _named(day)}
        for zone in days.keys() - found.keys():
            if not await self._came_since(days[zone]):
                dearest = await self._counted(days[zone])
                threads = [[one.channel_id, one.thread_ts, one.calls, str(one.usd)] for one in dearest]
                found[zone] = {"day": _named(days[zone]), "threads": threads}
        if found != kept:
            mine = update(RollupCutRow).where(RollupCutRow.workspace_id == self._workspace_id)
            await self._session.execute(mine.values(day_threads=found))

    async def _kept(self, *, lock: bool = False) -> dict[str, Any]:
        mine = select(RollupCutRow.day_threads).where(RollupCutRow.workspace_id == self._workspace_id)
        return await self._session.scalar(mine.with_for_update() if lock else mine) or {}

    async def _came_since(self, day: Stretch) -> bool:
        """True when something of a day is not folded."""
        quarters = (
            CostRollupRow.workspace_id == self._workspace_id,
            CostRollupRow.dimension == "total",
            CostRollupRow.quarter >= day[0],
            CostRollupRow.quarter < day[1],
            CostRollupRow.shard < FOLDED,
        )
        return bool(await self._session.scalar(select(exists().where(*quarters))))

    async def _counted(self, day: Stretch) -> list[ThreadSum]:
        usd = func.sum(func.coalesce(CostRow.cost_usd, 0)).label("usd")
        wanted = (
            select(CostRow.channel_id, CostRow.thread_ts, func.count().label("calls"), usd)
            .where(
                CostRow.workspace_id == self._workspace_id,
                CostRow.created_at >= day[0],
                CostRow.created_at < day[1],
                CostRow.state != "open",
            )
            .group_by(CostRow.channel_id, CostRow.thread_ts)
        )
        rows = await self._session.execute(wanted.order_by(usd.desc(), CostRow.thread_ts).limit(THREADS))
        return [ThreadSum(**row) for row in rows.mappings()]


def _named(day: Stretch) -> list[str]:
    return [instant.isoformat() for instant in day]
