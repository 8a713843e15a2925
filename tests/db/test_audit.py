"""The trail of changes: appended, in order, each workspace its own."""

from __future__ import annotations

from uuid import UUID

from bot.db.audit import OPERATOR, Change
from bot.db.database import Database
from bot.db.ids import workspace_id_of


async def test_changes_are_told_newest_first_and_only_to_their_own_workspace(db: Database, workspace_id: UUID) -> None:
    first = Change("U0ADA", "budget.set", "workspace/month", None, {"limit_usd": "50"})
    second = Change(OPERATOR, "budget.set", "workspace/month", {"limit_usd": "50"}, {"limit_usd": "75.5"})
    for change in (first, second):
        async with db.unit(workspace_id) as unit:
            await unit.audit.record(change)

    async with db.unit(workspace_id) as unit:
        told = await unit.audit.newest()
    async with db.unit(workspace_id_of("T0OTHER")) as unit:
        of_another = await unit.audit.newest()

    assert [(change.actor, change.before, change.after) for change in told] == [
        (OPERATOR, {"limit_usd": "50"}, {"limit_usd": "75.5"}),
        ("U0ADA", None, {"limit_usd": "50"}),
    ]
    assert of_another == []
