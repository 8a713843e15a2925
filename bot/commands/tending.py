"""What `lucy inbox` does: look at the asks, take one up again, or be done with it, as the operator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from bot.app import open_database
from bot.commands.reading import database_at, workspace_at
from bot.config import Settings
from bot.costs.references import hex_of
from bot.db.audit import OPERATOR, Change
from bot.db.operator_inbox import InboxTotals, SeenAsk
from bot.db.unit import Unit
from bot.errors import SettingError

_STATES = {"waiting": ("new",), "in-work": ("leased",), "dead": ("dead",), "done": ("done",)}


@dataclass(frozen=True, slots=True)
class Inbox:
    """One workspace's asks; `slack_id` is the team's."""

    slack_id: str
    totals: InboxTotals
    asks: Sequence[SeenAsk]


def states_of(word: str) -> Sequence[str]:
    """The states that an operator's word means. Raises SettingError."""
    if word and word not in _STATES:
        raise SettingError(f"--state: one of {', '.join(_STATES)}")
    return _STATES[word] if word else ("new", "leased", "dead")


async def inboxes(settings: Settings, slack_id: str, states: Sequence[str], limit: int) -> Sequence[Inbox]:
    """The asks in these states, workspace by workspace; those workspaces that have one, or the one named."""
    async with open_database(settings) as db:
        async with db.operations() as operations:
            totals = {one.workspace_id: one for one in await operations.inbox_totals()}
        chosen = [await workspace_at(db, slack_id)] if slack_id else list(totals)
        found = []
        for workspace_id in chosen:
            async with db.unit(workspace_id) as unit:
                workspace = await unit.workspaces.read()
                asks = await unit.operator_inbox.seen(states, limit)
            nothing = InboxTotals(workspace_id, 0, 0, 0, None)
            found.append(Inbox(workspace.slack_id if workspace else "?", totals.get(workspace_id, nothing), asks))
    return found


async def retried(settings: Settings, slack_id: str, reference: str) -> UUID:
    """The id under which the ask is taken up. Raises SettingError, NoSuchAsk, NotNow."""
    async with database_at(settings, slack_id) as (db, workspace_id), db.unit(workspace_id) as unit:
        ask = await unit.operator_inbox.find(hex_of(reference))
        task_id = await unit.operator_inbox.retry(ask)
        await _record(unit, "inbox.retry", ask, {"state": "new", "task": str(task_id)})
    return task_id


async def dropped(settings: Settings, slack_id: str, reference: str) -> UUID:
    """The id of the ask that ended. Raises SettingError, NoSuchAsk, NotNow."""
    async with database_at(settings, slack_id) as (db, workspace_id), db.unit(workspace_id) as unit:
        ask = await unit.operator_inbox.find(hex_of(reference))
        await unit.operator_inbox.drop(ask)
        await unit.replies.wipe(ask.task_id)
        await _record(unit, "inbox.drop", ask, {"state": "done", "outcome": "dropped"})
    return ask.task_id


async def _record(unit: Unit, action: str, ask: SeenAsk, after: dict[str, object]) -> None:
    before = {"state": ask.state, "attempts": ask.attempts, "outcome": ask.outcome}
    await unit.audit.record(Change(OPERATOR, action, str(ask.task_id), before, after))
