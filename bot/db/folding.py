"""Past quarters of the rollup are folded into few rows, and cut anew when a workspace is read in another zone.

A folded row has a shard of its own, which no settlement touches: one that comes late adds a quarter's row again, and that
is folded next time. Rows are locked in the order in which the ledger's statements lock them.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Select, Text, Uuid, bindparam, func, select, text, update
from sqlalchemy.dialects.postgresql import TIMESTAMP, insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot import log
from bot.db.cost_sql import ADD, FIGURES, SLOTS, SUMS
from bot.db.cost_tables import CostRollupRow
from bot.db.rollup_cut import Cut, RollupCutRow, RollupSource, known, piece, tomorrow

_log = log.get(__name__)

FOLDED = 8
"""The shard of folded rows; the ledger writes the shards before it."""

GRACE = timedelta(hours=1)
"""How long after its end a piece of the past is left in quarters: nearly every settlement has come by then."""

BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)

_DAY = timedelta(days=1)
_BOUNDS = (
    bindparam("workspace_id", type_=Uuid),
    bindparam("start", type_=TIMESTAMP(timezone=True)),
    bindparam("end", type_=TIMESTAMP(timezone=True)),
)
_DIMENSIONS = bindparam(
    "dimensions", ["channel", "model", "purpose", "tier", "total", "user", "user_model"], type_=ARRAY(Text)
)

_GONE = """
    WITH taken AS MATERIALIZED (
        SELECT row.ctid AS place
        FROM unnest(:dimensions) AS each (dimension) JOIN cost_rollup AS row
          ON row.workspace_id = :workspace_id AND row.dimension = each.dimension AND row.quarter >= :start
         AND row.quarter < :end AND row.shard < :below
        ORDER BY row.quarter, row.dimension, row.key, row.shard FOR UPDATE OF row
    ), gone AS (
        DELETE FROM cost_rollup WHERE workspace_id = :workspace_id AND ctid = ANY (ARRAY(SELECT place FROM taken))
        RETURNING *
    )"""
"""Rows that were changed meanwhile stay: their versions that we see are old ones."""

FOLD = text(
    f"""{_GONE}, folded AS (
        INSERT INTO cost_rollup AS present (workspace_id, quarter, dimension, key, shard, {SUMS})
        SELECT :workspace_id, :start, dimension, key, {FOLDED}, {", ".join(f"sum({name})" for name in FIGURES)}
        FROM gone GROUP BY dimension, key ORDER BY dimension, key
        ON CONFLICT (workspace_id, dimension, quarter, key, shard) DO UPDATE SET {ADD}
    )
    SELECT count(*) FROM gone
    """
).bindparams(*_BOUNDS, _DIMENSIONS, below=FOLDED)

CLEAR = text(f"{_GONE} SELECT count(*) FROM gone").bindparams(*_BOUNDS, _DIMENSIONS, below=FOLDED + 1)

COUNT_AGAIN = text(
    f"""
    INSERT INTO cost_rollup (workspace_id, quarter, dimension, key, shard, {SUMS})
    SELECT :workspace_id, :start, slot.dimension, slot.key, {FOLDED},
           {", ".join(f"sum({figure})" for figure in FIGURES.values())}
    FROM cost_log AS row CROSS JOIN LATERAL (VALUES {SLOTS}) AS slot (dimension, key, shard)
    WHERE workspace_id = :workspace_id AND created_at >= :start AND created_at < :end AND state <> 'open'
    GROUP BY slot.dimension, slot.key
    """
).bindparams(*_BOUNDS)

IS_WHOLE = text(
    """
    SELECT (SELECT (sum(calls), sum(cost_usd + estimated_usd)) FROM cost_rollup
            WHERE workspace_id = :workspace_id AND dimension = 'total' AND quarter >= :start AND quarter < :end)
         = (SELECT (count(*), coalesce(sum(cost_usd), 0)) FROM cost_log
            WHERE workspace_id = :workspace_id AND created_at >= :start AND created_at < :end AND state <> 'open')
    """
).bindparams(*_BOUNDS)
"""Does the ledger still have every row of a day?"""

_ZONES = text(
    """
    SELECT zone FROM workspace WHERE workspace_id = :workspace_id AND zone IS NOT NULL
    UNION SELECT zone FROM digest_setting WHERE workspace_id = :workspace_id AND enabled
    """
).bindparams(_BOUNDS[0])

DUE = text(
    f"""
    SELECT workspace_id FROM cost_rollup
    WHERE dimension = 'total' AND shard < {FOLDED} AND quarter < now() - interval '{GRACE}'
    UNION SELECT workspace_id FROM rollup_cut WHERE recut_before IS NOT NULL
    UNION SELECT cut.workspace_id FROM rollup_cut AS cut CROSS JOIN LATERAL (
        SELECT zone FROM workspace AS its WHERE its.workspace_id = cut.workspace_id AND zone IS NOT NULL
        UNION ALL SELECT zone FROM digest_setting AS its WHERE its.workspace_id = cut.workspace_id AND enabled
    ) AS read WHERE read.zone <> ALL (cut.zones)
    """
).columns(workspace_id=Uuid)
"""The workspaces that have quarters old enough, or a past that is to be cut anew."""


class FoldStore:
    """The past of one workspace's rollup. Each step is a unit of its own; a crash between two loses nothing."""

    def __init__(self, session: AsyncSession, workspace_id: UUID) -> None:
        self._session, self._workspace_id = session, workspace_id
        self._source = RollupSource(session, workspace_id)

    async def cut(self) -> Cut:
        """How the past is cut; what zones came into use since is written down."""
        mine = {"workspace_id": self._workspace_id}
        zones = known(await self._session.scalars(_ZONES, mine))
        row = insert(RollupCutRow).values(**mine, zones=sorted(zones))
        await self._session.execute(row.on_conflict_do_nothing())
        cut = await self._source.cut(lock=True)
        assert cut
        if zones <= cut.zones:
            return cut
        again = update(RollupCutRow).where(RollupCutRow.workspace_id == self._workspace_id)
        changed = await self._session.execute(
            again.values(zones=sorted(zones), recut_before=tomorrow()).returning(RollupCutRow.recut_before)
        )
        return Cut(zones, changed.scalar_one())

    async def fold_oldest(self, enough: int = 10_000) -> bool:
        """Fold quarters that lie between the same midnights, the oldest first, until `enough` rows are gone.

        False when nothing is left that is old enough.
        """
        cut, now = await self._source.cut(lock=True), await self._now()
        gone, done, more = 0, BEGINNING, cut is not None
        while cut and gone < enough:
            oldest = await self._oldest_quarter()
            start, end = piece(oldest, cut.zones) if oldest else (now, now)
            more = end <= now - GRACE
            if not more or start < done:
                break  # the latter came meanwhile; going back would be out of the order of locks
            gone += await self._session.scalar(FOLD, self._stretch(start, end)) or 0
            done = end
        if gone:
            await self._set(day_threads=None)  # they may be others now
        return more

    async def recut_day(self) -> bool:
        """Count the newest UTC day that is cut as before anew; False when none is left.

        A day of which the ledger has not all rows any more stays as it is: its sums are right, its midnights the old ones.
        Raises DatabaseAway when something of that day is being settled: the next time will do.
        """
        await self._session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        cut = await self._source.cut(lock=True)
        if cut is None or cut.recut_before is None:
            return False
        newest = await self._newest_folded(cut.recut_before)
        day = newest.replace(hour=0, minute=0, second=0, microsecond=0) if newest else None
        if day:
            await self._recut(day, min(day + _DAY, _quarter_of(await self._now() - GRACE)), cut)
        await self._set(recut_before=day)
        return day is not None

    async def _recut(self, day: datetime, end: datetime, cut: Cut) -> None:
        """From the start of a UTC day to before `end`: all that can have been folded of it."""
        stretch = self._stretch(day, end)
        if not await self._session.scalar(IS_WHOLE, stretch):
            _log.info("rollup_day_stays", workspace_id=str(self._workspace_id), day=f"{day:%Y-%m-%d}")
            return
        await self._session.execute(CLEAR, stretch)
        while day < end:
            _, after = piece(day, cut.zones)
            await self._session.execute(COUNT_AGAIN, self._stretch(day, min(after, end)))
            day = after

    async def _set(self, **values: Any) -> None:
        mine = update(RollupCutRow).where(RollupCutRow.workspace_id == self._workspace_id)
        await self._session.execute(mine.values(**values))

    async def _now(self) -> datetime:
        now: datetime = (await self._session.execute(select(func.now()))).scalar_one()
        return now

    async def _oldest_quarter(self) -> datetime | None:
        quarters = self._totals(func.min(CostRollupRow.quarter)).where(CostRollupRow.shard < FOLDED)
        oldest: datetime | None = await self._session.scalar(quarters)
        return oldest

    async def _newest_folded(self, before: datetime) -> datetime | None:
        folded = self._totals(func.max(CostRollupRow.quarter)).where(CostRollupRow.shard == FOLDED)
        newest: datetime | None = await self._session.scalar(folded.where(CostRollupRow.quarter < before))
        return newest

    def _totals(self, wanted: Any) -> Select[Any]:
        """Every call counts in the total, so its rows know every quarter there is."""
        mine = select(wanted).where(CostRollupRow.workspace_id == self._workspace_id)
        return mine.where(CostRollupRow.dimension == "total")

    def _stretch(self, start: datetime, end: datetime) -> dict[str, Any]:
        return {"workspace_id": self._workspace_id, "start": start, "end": end}


def _quarter_of(at: datetime) -> datetime:
    """The quarter of an hour in which an instant lies."""
    return at.replace(minute=at.minute // 15 * 15, second=0, microsecond=0)
