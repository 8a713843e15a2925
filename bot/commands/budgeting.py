"""What `lucy budget` does: read the standings of one workspace, or change one budget as the operator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from bot.commands.reading import database_at
from bot.config import Settings
from bot.costs.amounts import usd
from bot.costs.budgets import end_budget, set_budget
from bot.db.audit import OPERATOR
from bot.db.budgets import Budget, BudgetKey, Mode, Standing
from bot.errors import SettingError

_SCOPES = {"U": "user", "W": "user", "C": "channel", "G": "channel", "D": "channel"}


@dataclass(frozen=True, slots=True)
class Change:
    """One budget, and its new limit in USD; None ends it."""

    key: BudgetKey
    limit_usd: Decimal | None
    mode: Mode

    @classmethod
    def of(cls, whose: str, limit: str, per: str, mode: str) -> Self:
        """From the words of a command line. Raises SettingError, NoAmount."""
        if per not in {"day", "month"}:
            raise SettingError("--per: day or month")
        named = mode.replace("-", "_")
        if named not in set(Mode):
            raise SettingError("--mode: soft, stop or step-down")
        if whose != "workspace" and whose[:1] not in _SCOPES:
            raise SettingError(f"{whose!r} is neither 'workspace' nor the id of a user (U…) or channel (C…)")
        key = BudgetKey("workspace", "", per) if whose == "workspace" else BudgetKey(_SCOPES[whose[0]], whose, per)
        return cls(key, None if limit == "off" else usd(limit), Mode(named))


async def all_budgets(settings: Settings, slack_id: str) -> Sequence[Standing]:
    """Every budget of a workspace. Raises SettingError."""
    async with database_at(settings, slack_id) as (db, workspace_id), db.unit(workspace_id) as unit:
        return await unit.budgets.standings()


async def changed(settings: Settings, slack_id: str, change: Change) -> Sequence[Standing]:
    """The budget as it stands after the change; empty when it ended. Raises SettingError."""
    async with database_at(settings, slack_id) as (db, workspace_id), db.unit(workspace_id) as unit:
        if change.limit_usd is None:
            if await end_budget(unit, change.key, OPERATOR) is None:
                raise SettingError(f"there is no budget {change.key}")
            return []
        return [await set_budget(unit, Budget(change.key, change.limit_usd, change.mode, OPERATOR))]
