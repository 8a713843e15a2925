"""Reads of the ledger's own rows: page by page for exports, and sums that the rollup does not keep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select, text, tuple_
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from bot.db.cost_tables import CostRow
from bot.db.rollups import Sums
from bot.errors import LucyError

COLUMNS: Sequence[str] = tuple(CostRow.__table__.columns.keys())
"""Every column of `cost_log`; none of them holds a message's words."""

KEYS: Mapping[str, str] = {
    "thread": "channel_id || '|' || thread_ts", "channel": "channel_id", "tier": "tier::text", "purpose": "purpose",
    "model": "model", "user": "user_id",
}  # fmt: skip
"""What rows can be added up by."""

REST = "…"
"""The key of all that was not among the dearest."""

_PATIENCE = text("SET LOCAL statement_timeout = '5s'")
_CANCELLED = "57014"


class TooMuch(LucyError):
    """More rows than can be added up while someone waits."""

    sentence = "That is too much to add up at once. Ask for a shorter period, like `/lucy-costs yesterday by thread`."


@dataclass(frozen=True, slots=True)
class Window:
    """Rows made from `start` to before `end` (aware instants), of one person or of all."""

    start: datetime
    end: datetime
    user_id: str | None = None


class LedgerStore:
    """The rows of one workspace, read only."""

    def __init__(self, session: AsyncSession, workspace_id: UUID) -> None:
        self._session, self._workspace_id = session, workspace_id

    async def page(
        self, window: Window, after: tuple[datetime, UUID] | None = None, limit: int = 1000
    ) -> Sequence[CostRow]:
        """The next rows by time and id, found by the primary key; `after` is the last row of the page before."""
        wanted = select(CostRow).where(
            CostRow.workspace_id == self._workspace_id,
            CostRow.created_at >= window.start,
            CostRow.created_at < window.end,
        )
        if window.user_id is not None:
            wanted = wanted.where(CostRow.user_id == window.user_id)
        if after is not None:
            wanted = wanted.where(tuple_(CostRow.created_at, CostRow.id) > after)
        return (await self._session.scalars(wanted.order_by(CostRow.created_at, CostRow.id).limit(limit))).all()

    async def by(self, key: str, window: Window, most: int) -> list[Sums]:
        """Sums by one of `KEYS` as the rollup would have them: the dearest `most`, then the rest under `REST`.

        Raises TooMuch after five seconds.
        """
        values = {"workspace_id": self._workspace_id, "most": most}
        values |= {"start": window.start, "end": window.end, "user_id": window.user_id}
        await self._session.execute(_PATIENCE)
        try:
            rows = (await self._session.execute(_SUMS[key], values)).all()
        except DBAPIError as error:
            if getattr(error.orig.__cause__ if error.orig else None, "sqlstate", None) == _CANCELLED:
                raise TooMuch(f"by {key}: more than five seconds") from error
            raise
        return [_sums(row._asdict()) for row in rows]


_FIGURES = {
    "calls": "count(*)",
    "fallbacks": "count(*) FILTER (WHERE state = 'settled' AND attempt > 1)",
    "failed": "count(*) FILTER (WHERE state = 'failed')",
    "unpriced": "count(*) FILTER (WHERE cost_source = 'unpriced')",
    "unknown": "count(*) FILTER (WHERE state = 'unknown')",
    "estimated": "count(*) FILTER (WHERE usage_source = 'estimated')",
    "diverged": "count(*) FILTER (WHERE 'price_diverges' = ANY(coalesce(flags, '{}')))",
    "input_tokens": "sum(input_tokens)",
    "output_tokens": "sum(output_tokens)",
    "cost_usd": "coalesce(sum(cost_usd) FILTER (WHERE usage_source <> 'estimated'), 0)",
    "estimated_usd": "coalesce(sum(cost_usd) FILTER (WHERE usage_source = 'estimated'), 0)",
    "unknown_reserved_usd": "coalesce(sum(reserved_usd) FILTER (WHERE state = 'unknown'), 0)",
    "baseline_usd": "coalesce(sum(baseline_usd), 0)",
    "cache_saved_usd": "coalesce(sum(cache_saved_usd), 0)",
}
"""The sums of the rollup, as they follow from rows."""


def _statement(key: str) -> Any:
    figures = ", ".join(f"{figure} AS {name}" for name, figure in _FIGURES.items())
    together = ", ".join(f"sum({name}) AS {name}" for name in _FIGURES)
    return text(
        f"""
        WITH sums AS (
            SELECT {key} AS key, {figures} FROM cost_log
            WHERE workspace_id = :workspace_id AND created_at >= :start AND created_at < :end AND state <> 'open'
              AND (CAST(:user_id AS text) IS NULL OR user_id = :user_id)
            GROUP BY 1
        ), ranked AS (
            SELECT *, row_number() OVER (ORDER BY cost_usd DESC, calls DESC, key) AS rank FROM sums
        )
        SELECT CASE WHEN rank <= :most THEN key ELSE '{REST}' END AS key, {together}
        FROM ranked GROUP BY 1 ORDER BY min(rank)
        """
    ).bindparams(
        bindparam("workspace_id", type_=Uuid),
        bindparam("start", type_=TIMESTAMP(timezone=True)),
        bindparam("end", type_=TIMESTAMP(timezone=True)),
    )


_SUMS = {name: _statement(key) for name, key in KEYS.items()}


def _sums(row: Mapping[str, Any]) -> Sums:
    typed: dict[str, Any] = {name: Decimal(row[name]) if name.endswith("_usd") else int(row[name]) for name in _FIGURES}
    return Sums(str(row["key"]), **typed)
