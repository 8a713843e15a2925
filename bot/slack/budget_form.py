"""`/lucy-costs budget`: members see what applies to them, admins see and set all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, assert_never

from slack_bolt.async_app import AsyncRespond

from bot.costs.budget_words import level, promise
from bot.costs.budgets import end_budget, set_budget
from bot.costs.money import show
from bot.db.budgets import Budget, BudgetKey, Standing
from bot.db.database import Database
from bot.slack.budget_blocks import budgets_blocks, whose
from bot.slack.budget_typed import EndBudget, SetBudget, ShowBudgets, understand
from bot.slack.costs_words import Asker, say
from bot.slack.manners import whisper
from bot.slack.people import People

_NOTES = {
    True: "Set one: `/lucy-costs budget workspace|@someone|#channel 50 per month|day [soft|stop|step-down]`, or `off`",
    False: "You see the budgets that apply to you here. Slack's admins and owners set them.",
}


class BudgetForm:
    """Shows and changes budgets."""

    begins: ClassVar[frozenset[str]] = frozenset({"budget", "budgets"})
    help: ClassVar[tuple[str, ...]] = (
        "`/lucy-costs budget` shows the budgets",
        "`/lucy-costs budget workspace|@someone|#channel 50 per month|day [soft|stop|step-down]` sets one; `… off` ends it",
    )

    def __init__(self, db: Database, people: People) -> None:
        self._db, self._people = db, people

    async def answer(self, respond: AsyncRespond, words: str, asker: Asker) -> None:
        """Raises NotUnderstood, NoAmount, NotAllowed."""
        wanted = understand(words)
        match wanted:
            case ShowBudgets():
                text, blocks = await self._show(asker)
                await whisper(respond, text, blocks)
            case _:
                await say(respond, await self.change(wanted, asker))

    async def change(self, wanted: SetBudget | EndBudget, asker: Asker) -> str:
        """Set or end one; what holds then, in words. Raises NotAllowed."""
        asker.must_be_admin()
        match wanted:
            case SetBudget():
                return await self._set(wanted, asker)
            case EndBudget():
                return await self._end(wanted, asker)
            case _:
                assert_never(wanted)

    async def _show(self, asker: Asker) -> tuple[str, list[dict[str, Any]]]:
        async with self._db.unit(asker.workspace_id) as unit:
            standings = await unit.budgets.standings()
        admin = asker.person.is_admin
        seen = [one for one in standings if admin or _applies(one.budget.key, asker)]
        names = await self._names(asker, *(one.budget.key for one in seen))
        told = "; ".join(f"{whose(one.budget.key, names, capital=True)} budget: {level(one)}" for one in seen)
        return told or "No budget is set.", budgets_blocks(seen, names, _NOTES[admin])

    async def _set(self, wanted: SetBudget, asker: Asker) -> str:
        budget = Budget(wanted.key, wanted.limit_usd, wanted.mode, asker.user_id)
        async with self._db.unit(asker.workspace_id) as unit:
            standing = await set_budget(unit, budget)
        names = await self._names(asker, wanted.key)
        limit = f"{show(budget.limit_usd)} per {budget.key.span}"
        return (
            f"{whose(budget.key, names, capital=True)} budget is {limit} now; it {promise(budget.mode)}. "
            f"{_so_far(standing)}"
        )

    async def _end(self, wanted: EndBudget, asker: Asker) -> str:
        async with self._db.unit(asker.workspace_id) as unit:
            ended = [budget for key in wanted.keys if (budget := await end_budget(unit, key, asker.user_id))]
        if not ended:
            return "There was no such budget."
        names = await self._names(asker, wanted.keys[0])
        limits = " and ".join(f"{show(budget.limit_usd)} per {budget.key.span}" for budget in ended)
        return f"{whose(wanted.keys[0], names, capital=True)} budget of {limits} has ended."

    async def _names(self, asker: Asker, *keys: BudgetKey) -> Mapping[str, str]:
        return await self._people.names(asker.workspace_id, [key.key for key in keys if key.scope == "user"])


def _applies(key: BudgetKey, asker: Asker) -> bool:
    return key.key == {"workspace": "", "user": asker.user_id, "channel": asker.channel_id}[key.scope]


def _so_far(standing: Standing) -> str:
    told = f"So far {level(standing)}."
    if standing.is_hard and standing.taken_usd >= standing.budget.limit_usd:
        return f"{told} That is the limit already: I stop here at once."
    return told
