"""Rows of the ledger looked at later: found by a reference, and given a price that was not known in time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Text, Uuid, bindparam, cast, false, func, or_, select, text, tuple_
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.ext.asyncio import AsyncSession

from bot.db.budgets import BudgetStore
from bot.db.cost_sql import ROLL_UP
from bot.db.cost_tables import CostRow
from bot.db.ids import CLOCKS_APART, time_of

_RECENT = timedelta(days=62)
_LATER = timedelta(days=8)
"""After the time in an id: an ask may be answered for days."""
_MOST = 20

REPRICE = text(
    """
    WITH given AS (
        SELECT * FROM jsonb_to_recordset(:prices) AS given (
            created_at timestamptz, id uuid, cost_usd numeric, baseline_usd numeric, cache_saved_usd numeric,
            cost_source text, rates jsonb, price_book text)
    ), old AS (
        SELECT cost_log.* FROM cost_log JOIN given ON cost_log.created_at = given.created_at AND cost_log.id = given.id
        WHERE cost_log.workspace_id = :workspace_id AND cost_log.created_at BETWEEN :first AND :last
          AND cost_log.cost_source = 'unpriced'
        FOR UPDATE OF cost_log
    ), new AS (
        UPDATE cost_log SET cost_usd = given.cost_usd, list_usd = given.cost_usd, baseline_usd = given.baseline_usd,
               cache_saved_usd = given.cache_saved_usd, cost_source = given.cost_source, rates = given.rates,
               price_book = given.price_book
        FROM old JOIN given ON old.created_at = given.created_at AND old.id = given.id
        WHERE cost_log.workspace_id = :workspace_id AND cost_log.created_at BETWEEN :first AND :last
          AND cost_log.created_at = old.created_at AND cost_log.id = old.id
        RETURNING cost_log.*
    )
    """
    + ROLL_UP
).bindparams(
    bindparam("workspace_id", type_=Uuid),
    bindparam("prices", type_=JSONB),
    bindparam("first", type_=TIMESTAMP(timezone=True)),
    bindparam("last", type_=TIMESTAMP(timezone=True)),
)
"""Rows that are still unpriced get a price; the rollup moves by the difference."""


@dataclass(frozen=True, slots=True)
class LatePrice:
    """The price of a row that had none; amounts in USD."""

    created_at: datetime
    id: UUID
    cost_usd: Decimal
    baseline_usd: Decimal | None
    cache_saved_usd: Decimal
    cost_source: str
    rates: Mapping[str, object]
    price_book: str


class PastCosts:
    """The ledger of one workspace, afterwards."""

    def __init__(self, session: AsyncSession, workspace_id: UUID) -> None:
        self._session, self._workspace_id = session, workspace_id

    async def find(self, reference: str) -> Sequence[CostRow]:
        """Rows by lower-case hex digits, oldest first: a whole id of an attempt or task, or how a recent one ends."""
        if len(reference) < len(UUID(int=0).hex):
            return await self._ending_in(reference)
        id_ = UUID(hex=reference)
        meant, at = or_(CostRow.task_id == id_, CostRow.id == id_), time_of(id_)
        near = CostRow.created_at.between(at - CLOCKS_APART, at + _LATER) if at else false()
        return await self._rows(meant & near) or await self._rows(meant)

    async def unpriced(self, since: datetime, after: tuple[datetime, UUID] | None, limit: int) -> Sequence[CostRow]:
        """Up to `limit` rows without a price from `since` on, after the key of another one, in the order of their keys."""
        mine = [
            CostRow.workspace_id == self._workspace_id,
            CostRow.cost_source == "unpriced",
            CostRow.created_at >= since,
        ]
        if after:
            mine.append(tuple_(CostRow.created_at, CostRow.id) > tuple_(*after))
        wanted = select(CostRow).where(*mine).order_by(CostRow.created_at, CostRow.id).limit(limit)
        return (await self._session.scalars(wanted)).all()

    async def price(self, prices: Sequence[LatePrice]) -> int:
        """Give rows a price; how many had none until now."""
        if not prices:
            return 0
        moments = [price.created_at for price in prices]
        given = {"prices": [_plain(price) for price in prices], "first": min(moments), "last": max(moments)}
        row = (await self._session.execute(REPRICE, {"workspace_id": self._workspace_id, **given})).one()
        if row.budgeted:
            await BudgetStore(self._session, self._workspace_id).move(row.budgeted)
        return int(row.moved)

    async def _ending_in(self, reference: str) -> Sequence[CostRow]:
        columns = (cast(column, Text) for column in (CostRow.task_id, CostRow.id))
        ends = [func.right(func.replace(column, "-", ""), len(reference)) == reference for column in columns]
        return await self._rows(or_(*ends) & (CostRow.created_at > func.now() - _RECENT))

    async def _rows(self, wanted: Any) -> Sequence[CostRow]:
        mine = select(CostRow).where(CostRow.workspace_id == self._workspace_id, wanted)
        return (await self._session.scalars(mine.order_by(CostRow.created_at, CostRow.id).limit(_MOST))).all()


def _plain(price: LatePrice) -> dict[str, object]:
    return {
        name: value if value is None or isinstance(value, Mapping) else str(value)
        for name in LatePrice.__slots__
        for value in (getattr(price, name),)
    }
