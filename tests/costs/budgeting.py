"""Budgets as a test wants them, and their counters recomputed from the ledger's rows."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from uuid import UUID

from bot.db.budgets import Budget, BudgetKey, Mode, Standing
from bot.db.cost_tables import CostRow
from bot.db.costs import NewAttempt, OpenAttempt
from bot.db.database import Database
from bot.db.ids import new_id
from tests.costs.ledger import FAST, rows

WORKSPACE = BudgetKey("workspace", "", "month")
DAILY = BudgetKey("workspace", "", "day")
BEN = BudgetKey("user", "U1", "month")
ENG = BudgetKey("channel", "C1", "day")


async def limit(
    db: Database, workspace_id: UUID, key: BudgetKey, usd: str, mode: Mode = Mode.STOP, set_by: str = "UBOSS"
) -> None:
    async with db.unit(workspace_id) as unit:
        await unit.budgets.set(Budget(key, Decimal(usd), mode, set_by))


async def standings(db: Database, workspace_id: UUID) -> dict[BudgetKey, Standing]:
    async with db.unit(workspace_id) as unit:
        return {one.budget.key: one for one in await unit.budgets.standings()}


async def opens(db: Database, workspace_id: UUID, usd: str | None = "0.05", like: NewAttempt = FAST) -> OpenAttempt:
    async with db.unit(workspace_id) as unit:
        return await unit.costs.open(replace(like, id=new_id(), reserved_usd=Decimal(usd) if usd else None), 60)


async def agree(db: Database, workspace_id: UUID) -> None:
    """Every counter of a present window is what the rows of the ledger demand."""
    ledger = await rows(db, workspace_id)
    for key, standing in (await standings(db, workspace_id)).items():
        mine = [row for row in ledger if _applies(key, row) and standing.starts <= row.created_at < standing.ends]
        spent = sum((row.cost_usd for row in mine if row.cost_usd is not None), Decimal(0))
        held = sum((row.reserved_usd or Decimal(0) for row in mine if row.state in {"open", "unknown"}), Decimal(0))
        assert (standing.spent_usd, standing.reserved_usd) == (spent, held), key


def _applies(key: BudgetKey, row: CostRow) -> bool:
    return {"workspace": key.key, "user": row.user_id, "channel": row.channel_id}[key.scope] == key.key
