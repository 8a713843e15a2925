"""The budgets of one workspace: what may be spent, by whom, in which window, and what stands on it now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.db.budget_sql import COUNT, HOLD_OPEN_ROWS, LOCK_COUNTERS, LOCK_OPEN_ROWS, RELEASE, RESERVE, STANDINGS
from bot.db.budget_tables import BudgetRow
from bot.errors import LucyError


class Mode(StrEnum):
    """What a budget does at its limit: only warn, stop, or give way to the fast tier first."""

    SOFT = "soft"
    STOP = "stop"
    STEP_DOWN = "step_down"


@dataclass(frozen=True, slots=True)
class BudgetKey:
    """Which budget: the workspace's (`key` is empty), a user's or a channel's; per day or month."""

    scope: str
    key: str
    span: str

    def __str__(self) -> str:
        return f"{self.scope} {self.key} per {self.span}".replace("  ", " ")


@dataclass(frozen=True, slots=True)
class Budget:
    """A limit in USD per window; `set_by` is a Slack user id or `operator`."""

    key: BudgetKey
    limit_usd: Decimal
    mode: Mode
    set_by: str


@dataclass(frozen=True, slots=True)
class Standing:
    """A budget in one window (aware instants, local midnights of `zone`): spent, and held by calls whose end is open."""

    budget: Budget
    starts: datetime
    ends: datetime
    zone: str
    spent_usd: Decimal
    reserved_usd: Decimal

    @property
    def taken_usd(self) -> Decimal:
        """What is no longer free."""
        return self.spent_usd + self.reserved_usd

    @property
    def is_hard(self) -> bool:
        """True for a budget that refuses."""
        return self.budget.mode is not Mode.SOFT


class OverBudget(LucyError):
    """A hard budget has no room for a call; nothing was written."""

    sentence = "This would go over a budget."

    def __init__(self, standing: Standing, needed_usd: Decimal | None, *, may_step_down: bool) -> None:
        """`standing` is before the call; `needed_usd` is the call's upper bound, None when nobody knows its price."""
        super().__init__(f"{standing.budget.key}: {standing.taken_usd} of {standing.budget.limit_usd} USD is taken")
        self.standing, self.needed_usd, self.may_step_down = standing, needed_usd, may_step_down


class BudgetStore:
    """The budgets of one workspace and their counters."""

    def __init__(self, session: AsyncSession, workspace_id: UUID) -> None:
        self._session, self._workspace_id = session, workspace_id

    async def reserve(
        self, user_id: str, channel_id: str, usd: Decimal | None, at: datetime | None = None
    ) -> list[UUID] | None:
        """Hold `usd` on every budget that applies; the counters it stands on, None when there is no budget.

        Raises OverBudget: then the unit must not commit. `usd` is None for an unpriced model.
        """
        who = {"workspace_id": self._workspace_id, "user_id": user_id, "channel_id": channel_id}
        rows = await RESERVE.rows(self._session, {**who, "reserve_usd": usd, "at": at})
        held = [_standing(row, usd or Decimal(0)) for row in rows]
        too_much = [one for one in held if one.is_hard and not _fits(one, usd)]
        if too_much:
            blocking = max(too_much, key=lambda one: one.ends)
            raise OverBudget(blocking, usd, may_step_down=all(one.budget.mode is Mode.STEP_DOWN for one in too_much))
        return [row["id"] for row in rows] or None

    async def move(self, moves: Sequence[Mapping[str, object]]) -> None:
        """Rows of the ledger moved, as its statements tell: their counters move by what was released and spent."""
        await self._session.execute(RELEASE, {"workspace_id": self._workspace_id, "moves": moves})

    async def set(self, budget: Budget) -> None:
        """Set or change a limit; a new budget starts from what its window already spent."""
        key = {"scope": budget.key.scope, "key": budget.key.key, "span": budget.key.span}
        fields = {"limit_usd": budget.limit_usd, "mode": budget.mode.value, "set_by": budget.set_by}
        row = insert(BudgetRow).values(workspace_id=self._workspace_id, **key, **fields)
        again = {**fields, "set_at": func.clock_timestamp()}
        await self._session.execute(row.on_conflict_do_update(index_elements=["workspace_id", *key], set_=again))
        await self.recount()

    async def remove(self, key: BudgetKey) -> bool:
        """End a budget; False when there was none. Its counters stay: open rows still stand on them."""
        gone = (
            delete(BudgetRow)
            .where(
                BudgetRow.workspace_id == self._workspace_id,
                BudgetRow.scope == key.scope,
                BudgetRow.key == key.key,
                BudgetRow.span == key.span,
            )
            .returning(BudgetRow.span)
        )
        return (await self._session.execute(gone)).scalar_one_or_none() is not None

    async def standings(self, at: datetime | None = None) -> Sequence[Standing]:
        """Every budget in the window of `at` (now): the workspace's, then channels', then people's."""
        rows = await self._session.execute(STANDINGS, {"workspace_id": self._workspace_id, "at": at})
        return [_standing(row) for row in rows.mappings()]

    async def standing(self, key: BudgetKey) -> Standing | None:
        """One budget in its present window."""
        return next((one for one in await self.standings() if one.budget.key == key), None)

    async def recount(self, at: datetime | None = None) -> None:
        """Count the present windows from the ledger: after a budget or the workspace's zone was set."""
        mine: dict[str, Any] = {"workspace_id": self._workspace_id}
        rows = list(await self._session.scalars(LOCK_OPEN_ROWS, {**mine, "at": at}))
        counters = list(await self._session.scalars(LOCK_COUNTERS, {**mine, "at": at}))
        if counters:
            await self._session.execute(HOLD_OPEN_ROWS, {**mine, "counters": counters, "rows": rows})
            await self._session.execute(COUNT, {**mine, "counters": counters})


def _fits(standing: Standing, usd: Decimal | None) -> bool:
    return usd is not None and standing.taken_usd + usd <= standing.budget.limit_usd


def _standing(row: Any, ours: Decimal = Decimal(0)) -> Standing:
    """A row of RESERVE or STANDINGS, without the reserve we just added to it."""
    key = BudgetKey(row["scope"], row["key"], row["span"])
    budget = Budget(key, row["limit_usd"], Mode(row["mode"]), row["set_by"])
    return Standing(budget, row["starts"], row["ends"], row["zone"], row["spent_usd"], row["reserved_usd"] - ours)
