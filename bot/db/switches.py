"""What admins of a workspace switch on and off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.db.prepared import Prepared
from bot.db.workspaces import WorkspaceRow

Switch = Literal["footer", "follow_ups", "guests", "keeps_context"]


@dataclass(frozen=True, slots=True)
class Switches:
    """`footer`: a line under each answer says what it cost; `follow_ups`: she answers in her threads without being named;
    `guests` are answered; `keeps_context`: she keeps for a day what she was asked and answered.
    """

    footer: bool = False
    follow_ups: bool = False
    guests: bool = False
    keeps_context: bool = False


_READ = Prepared(f"SELECT {', '.join(Switches.__slots__)} FROM workspace WHERE workspace_id = :workspace_id")


class SwitchStore:
    """The switches of one workspace; write into the trail in the same unit."""

    def __init__(self, session: AsyncSession, workspace_id: UUID) -> None:
        self._session, self._workspace_id = session, workspace_id

    async def read(self) -> Switches:
        """How they stand: all off where nobody installed Lucy."""
        row = await _READ.row(self._session, {"workspace_id": self._workspace_id})
        return Switches(*row) if row else Switches()

    async def turn(self, switch: Switch, *, on: bool) -> None:
        """Switch one on or off."""
        mine = update(WorkspaceRow).where(WorkspaceRow.workspace_id == self._workspace_id)
        await self._session.execute(mine.values({switch: on}))
