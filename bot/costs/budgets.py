"""Changing budgets: each change stands in the trail of the same transaction."""

from __future__ import annotations

from dataclasses import replace
from decimal import ROUND_CEILING, Decimal

from bot.costs.budget_words import audited
from bot.costs.money import CENT
from bot.db.audit import Change
from bot.db.budgets import Budget, BudgetKey, Standing
from bot.db.unit import Unit

_RAISE_BY = Decimal("1.5")
_WHOLE_DOLLARS_FROM = 10


async def set_budget(unit: Unit, budget: Budget, action: str = "budget.set") -> Standing:
    """Set or change a budget, on the word of its `set_by`; where it stands now."""
    before = await unit.budgets.standing(budget.key)
    await unit.budgets.set(budget)
    was = audited(before.budget if before else None)
    await unit.audit.record(Change(budget.set_by, action, str(budget.key), was, audited(budget)))
    after = await unit.budgets.standing(budget.key)
    assert after is not None
    return after


async def end_budget(unit: Unit, key: BudgetKey, actor: str) -> Budget | None:
    """End a budget; what it was, or None when there was none."""
    before = await unit.budgets.standing(key)
    if before is None or not await unit.budgets.remove(key):
        return None
    await unit.audit.record(Change(actor, "budget.off", str(key), audited(before.budget), None))
    return before.budget


async def raise_budget(unit: Unit, standing: Standing, limit_usd: Decimal, actor: str) -> Standing:
    """Raise a budget on a request; one that is as high already stays."""
    budget = standing.budget
    if budget.limit_usd >= limit_usd:
        return standing
    return await set_budget(unit, replace(budget, limit_usd=limit_usd, set_by=actor), "budget.raised")


async def live_in(unit: Unit, zone: str, actor: str) -> bool:
    """Set whose days are meant, and count every budget in them; False when the database does not know the zone."""
    before = await unit.workspaces.zone()
    if not await unit.workspaces.live_in(zone):
        return False
    await unit.budgets.recount()
    await unit.audit.record(Change(actor, "zone.set", "workspace", {"zone": before}, {"zone": zone}))
    return True


def proposed(standing: Standing, needed_usd: Decimal) -> Decimal:
    """What a request asks for: half as much again, if that is room enough; whole dollars above ten, else cents."""
    needed = standing.taken_usd + needed_usd
    more = standing.budget.limit_usd * _RAISE_BY
    more = more if more >= needed else needed * _RAISE_BY
    return more.quantize(Decimal(1) if more >= _WHOLE_DOLLARS_FROM else CENT, ROUND_CEILING)
