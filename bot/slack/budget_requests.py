"""The buttons of budgets: someone asks for more, an admin says yes or no. Every press may come twice."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from slack_bolt.async_app import AsyncRespond

from bot.costs.budget_words import audited, requested
from bot.costs.budgets import proposed, raise_budget
from bot.costs.money import show
from bot.db.audit import Change
from bot.db.budget_notices import Notice, Place, Request
from bot.db.budgets import Standing
from bot.db.database import Database
from bot.db.unit import Unit
from bot.slack.asides import AT
from bot.slack.budget_blocks import APPROVE_ACTION
from bot.slack.budget_notices import BudgetNotices
from bot.slack.costs_words import ADMINS_ONLY
from bot.slack.manners import whisper
from bot.slack.people import People

_GONE = "That budget is no longer set: just ask me again."


class BudgetRequests:
    """What happens when a button is pressed."""

    def __init__(self, db: Database, people: People, notices: BudgetNotices) -> None:
        self._db, self._people, self._notices = db, people, notices

    async def ask(self, respond: AsyncRespond, body: dict[str, Any], workspace_id: UUID) -> None:
        """*Request an increase* was pressed: the admins are told once per person, window and limit."""
        user_id = str(body["user"]["id"])
        key, needed_usd = requested(_value(body))
        async with self._db.unit(workspace_id) as unit:
            standing = await unit.budgets.standing(key)
        if standing is None:
            await whisper(respond, _GONE)
        elif standing.taken_usd + needed_usd <= standing.budget.limit_usd:
            await whisper(respond, "There is room in that budget again: just ask me once more.")
        else:
            more = proposed(standing, needed_usd)
            await whisper(respond, await self._ask(workspace_id, standing, more, _place(body, user_id)))
            await self._notices.tell(workspace_id)

    async def decide(self, respond: AsyncRespond, body: dict[str, Any], workspace_id: UUID) -> None:
        """An admin pressed one of the two answers; the first press decides."""
        user_id = str(body["user"]["id"])
        person = await self._people.find(workspace_id, user_id, fresh=True)
        if not person.is_admin:
            await whisper(respond, ADMINS_ONLY)
            return
        state = "approved" if body["actions"][0]["action_id"] == APPROVE_ACTION else "denied"
        async with self._db.unit(workspace_id) as unit:
            request = await self._decide(unit, UUID(_value(body)), state, user_id)
        if request is None:
            await whisper(respond, _GONE)
        elif request.decided_by != user_id or request.state != state:
            names = await self._people.names(workspace_id, [str(request.decided_by)])
            await whisper(respond, f"{names[str(request.decided_by)]} was faster: this is {request.state} already.")
        await self._notices.tell(workspace_id)

    async def _ask(self, workspace_id: UUID, standing: Standing, more_usd: Decimal, place: Place) -> str:
        approvers = await self._people.approvers(workspace_id, standing.budget.set_by)
        if not approvers:
            return "I found no Slack admin whom I could ask. Please write to one yourself."
        async with self._db.unit(workspace_id) as unit:
            request, is_new = await unit.budget_notices.request(standing, more_usd, place)
            for user_id in approvers if is_new else ():
                facts = {"request": str(request.id), "to": user_id}
                await unit.budget_notices.add(Notice(f"request:{request.id}:{user_id}", "request", facts))
        if is_new:
            names = await self._people.names(workspace_id, approvers)
            return f"I asked {_listed(list(names.values()))} to raise it to {show(request.proposed_usd)}. I'll tell you in this thread."
        if request.state == "denied":
            return "You asked already, and it was declined. Please write to an admin if it matters."
        return "You asked already; I'll tell you in this thread as soon as an admin has decided."

    @staticmethod
    async def _decide(unit: Unit, request_id: UUID, state: str, user_id: str) -> Request | None:
        """The request as it stands now; None when it, or its budget, is gone."""
        asked = await unit.budget_notices.read_request(request_id)
        standing = await unit.budgets.standing(asked.key) if asked else None
        found = await unit.budget_notices.decide(request_id, state, user_id) if standing else None
        if found is None or standing is None:
            return None
        request, is_first = found
        if is_first:
            if state == "approved":
                await raise_budget(unit, standing, request.proposed_usd, user_id)
            else:
                same = audited(standing.budget)
                await unit.audit.record(Change(user_id, "budget.denied", str(request.key), same, same))
            await unit.budget_notices.add(Notice(f"outcome:{request.id}", "outcome", {"request": str(request.id)}))
        return request


def _place(body: dict[str, Any], user_id: str) -> Place:
    """Under a message that one person sees, the button itself says in which thread they asked."""
    message, told = body.get("message") or {}, str(body["actions"][0]["value"]).partition(AT)[2]
    thread = told or str(message.get("thread_ts") or message.get("ts") or "")
    return Place(user_id, str((body.get("channel") or {}).get("id", "")), thread)


def _value(body: dict[str, Any]) -> str:
    return str(body["actions"][0]["value"]).partition(AT)[0]


def _listed(names: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
