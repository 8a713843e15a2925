"""Budgets in words: what a limit is called, how full it is, why a call was refused. Pure."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import assert_never

from bot.costs.money import exact, percent, show
from bot.costs.periods import zone_of
from bot.db.budgets import Budget, BudgetKey, Mode, OverBudget, Standing

REQUEST_ACTION = "lucy_budget_request"
_BAR = 12


def refusal(error: OverBudget) -> str:
    """What someone is told whose ask does not fit: whose budget, how much, until when, who can raise it."""
    standing = error.standing
    told = f"**I stopped here: a budget has no room for this.** {_whose(standing.budget.key)} budget for {window(standing)} is "
    told += f"{show(standing.budget.limit_usd)}, and {_left(standing)}"
    if error.needed_usd is None:
        return (
            f"{told}. The models I have for this have no known price, so I can't promise to stay below the limit.\n\n"
            "Whoever runs me can give them a price; any of this workspace's Slack admins can make the budget `soft`."
        )
    return (
        f"{told}; an answer to this could cost up to {show(error.needed_usd)}.\n\n"
        f"It starts anew on {resets(standing)} ({standing.zone}). "
        "Until then any of this workspace's Slack admins can raise it."
    )


def request_actions(error: OverBudget) -> list[dict[str, str]]:
    """The button under a refusal; none where a larger budget would not help."""
    if error.needed_usd is None:
        return []
    key = error.standing.budget.key
    value = f"{key.scope}:{key.key}:{key.span}:{exact(error.needed_usd)}"
    return [{"action": REQUEST_ACTION, "label": "Request an increase", "value": value}]


def requested(value: str) -> tuple[BudgetKey, Decimal]:
    """The budget a button speaks of, and what the refused ask needed in USD. Raises ValueError."""
    scope, key, span, needed = value.split(":")
    return BudgetKey(scope, key, span), Decimal(needed)


def window(standing: Standing) -> str:
    """`November` or `24 November`."""
    starts = _local(standing.starts, standing.zone)
    return f"{starts:%B}" if standing.budget.key.span == "month" else f"{starts:%-d %B}"


def resets(standing: Standing) -> str:
    """When the window ends, in its own zone."""
    return f"{_local(standing.ends, standing.zone):%-d %B at %H:%M}"


def bar(standing: Standing) -> str:
    """Twelve squares: spent, held, free; what was spent at all shows."""
    limit = standing.budget.limit_usd
    spent = _squares(standing.spent_usd, limit)
    held = min(_squares(standing.taken_usd, limit), _BAR) - spent
    return "█" * spent + "▒" * held + "░" * (_BAR - spent - held)


def level(standing: Standing) -> str:
    """`$31.00 of $50.00 spent (62 %), $0.40 held`."""
    limit = standing.budget.limit_usd
    held = f", {show(standing.reserved_usd)} held" if standing.reserved_usd else ""
    return f"{show(standing.spent_usd)} of {show(limit)} spent ({percent(standing.spent_usd, limit)}){held}"


def in_a_line(standing: Standing) -> str:
    """A budget for a terminal."""
    budget = standing.budget
    return f"{budget.key!s:<34} {bar(standing)}  {level(standing)}; {promise(budget.mode)}; anew on {resets(standing)} {standing.zone}"


def promise(mode: Mode) -> str:
    """What a budget does at its limit."""
    match mode:
        case Mode.SOFT:
            return "warns at 50, 80 and 100 %, never stops"
        case Mode.STOP:
            return "stops at the limit"
        case Mode.STEP_DOWN:
            return "steps down to the fast tier, then stops"
        case _:
            assert_never(mode)


def as_json(standing: Standing) -> dict[str, str]:
    """Exact figures as strings."""
    budget = standing.budget
    return {
        "scope": budget.key.scope,
        "key": budget.key.key,
        "span": budget.key.span,
        "limit_usd": exact(budget.limit_usd),
        "mode": budget.mode.value,
        "set_by": budget.set_by,
        "spent_usd": exact(standing.spent_usd),
        "reserved_usd": exact(standing.reserved_usd),
        "starts": standing.starts.isoformat(),
        "ends": standing.ends.isoformat(),
        "zone": standing.zone,
    }


def audited(budget: Budget | None) -> dict[str, object] | None:
    """A budget as the trail keeps it."""
    return None if budget is None else {"limit_usd": exact(budget.limit_usd), "mode": budget.mode.value}


def _whose(key: BudgetKey) -> str:
    return {"workspace": "The workspace's", "user": "Your", "channel": "This channel's"}[key.scope]


def _left(standing: Standing) -> str:
    left = standing.budget.limit_usd - standing.spent_usd
    free = f"{show(left)} of it is left" if left > 0 else "nothing of it is left"
    held = f", of which {show(min(standing.reserved_usd, left))} is held for calls still under way"
    return free + held if standing.reserved_usd and left > 0 else free


def _squares(part: Decimal, whole: Decimal) -> int:
    return min(_BAR, max(round(part / whole * _BAR), 1 if part > 0 else 0))


def _local(instant: datetime, zone: str) -> datetime:
    return instant.astimezone(zone_of(zone))
