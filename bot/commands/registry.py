"""What `lucy workspaces` does: read who installed Lucy, and switch a workspace off or on, with an entry in its trail."""

from __future__ import annotations

from datetime import timedelta

from bot.app import open_database
from bot.config import Settings
from bot.db.audit import OPERATOR, Change
from bot.db.ids import workspace_id_of
from bot.db.workspaces import Listed
from bot.errors import LucyError


class Unknown(LucyError):
    """Nobody by that id ever installed Lucy."""


async def roster(settings: Settings) -> list[Listed]:
    """Every workspace, by name."""
    async with open_database(settings) as db, db.operations() as operations:
        return await operations.roster()


async def switch(settings: Settings, team: str, *, on: bool) -> None:
    """Serve a workspace, or don't. Raises Unknown."""
    async with open_database(settings) as db, db.unit(workspace_id_of(team)) as unit:
        if not await unit.workspaces.switch(on=on):
            raise Unknown(f"{team} never installed Lucy; `lucy workspaces` lists who did")
        action = "workspace.enable" if on else "workspace.disable"
        await unit.audit.record(Change(OPERATOR, action, team, {"disabled": on}, {"disabled": not on}))


def standing(one: Listed, departed_days: int) -> str:
    """How a workspace stands, in words; what is stored of one that left goes after so many days."""
    gone = one.left_at + timedelta(days=departed_days) if one.left_at else None
    lost = f"refused by Slack since {one.lost_since:%Y-%m-%d}" if one.lost_since else "served"
    left = f"removed {one.left_at:%Y-%m-%d}, deleted {gone:%Y-%m-%d}" if gone else lost if one.active else "removed"
    return f"switched off ({left})" if one.disabled and not one.active else "switched off" if one.disabled else left
