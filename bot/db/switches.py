"""What admins of a workspace switch on and off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.db.workspaces import WorkspaceRow

Switch = Literal["follow_ups", "keeps_context"]


@dataclass(frozen=True, slots=True)
class Switches:
    """`follow_ups`: whether she answers in her threads without being named; `keeps_context`: whether she keeps for a day
    what she was asked and answered.
    """

    follow_ups: bool
    keeps_context: bool


class SwitchStore:
    """The switches of one workspace; write into the trail in the same unit."""

    def __init__(self, session: AsyncSession, workspace_id: UUID) -> None:
        self._session, self._workspace_id = session, workspace_id

    async def read(self) -> Switches | None:
        """How they stand; None when nobody installed Lucy there."""
        columns = [getattr(WorkspaceRow, name) for name in Switches.__slots__]
        mine = select(*columns).where(WorkspaceRow.workspace_id == self._workspace_id)
        row = (await self._session.execute(mine)).one_or_none()
        return Switches(*row) if row else None

    async def turn(self, switch: Switch, *, on: bool) -> None:
        """Switch one on or off."""
        mine = update(WorkspaceRow).where(WorkspaceRow.workspace_id == self._workspace_id)
        await self._session.execute(mine.values({switch: on}))
