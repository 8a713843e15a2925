"""Workspaces: the tenants Lucy serves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from bot.db.base import Base, Instant, Key, Words
from bot.db.budget_sql import KNOWS_ZONE, ZONE
from bot.db.forgetting import forget, forget_oldest_day, rows_of
from bot.db.prepared import Prepared


class WorkspaceRow(Base):
    __tablename__ = "workspace"

    workspace_id: Mapped[Key]
    slack_id: Mapped[Words]
    name: Mapped[Words] = mapped_column(server_default="")
    bot_user_id: Mapped[Words] = mapped_column(server_default="")
    active: Mapped[bool] = mapped_column(server_default="true")
    disabled: Mapped[bool] = mapped_column(server_default="false")
    left_at: Mapped[Instant | None]
    zone: Mapped[Words | None]
    footer: Mapped[bool] = mapped_column(server_default="true")
    lost_since: Mapped[Instant | None]
    guests: Mapped[bool] = mapped_column(server_default="true")
    follow_ups: Mapped[bool] = mapped_column(server_default="true")
    keeps_context: Mapped[bool] = mapped_column(server_default="false")
    created_at: Mapped[Instant] = mapped_column(server_default=func.now())


@dataclass(frozen=True, slots=True)
class Workspace:
    """A Slack team (or organisation). It is `active` when Lucy is installed there and not switched off.

    `lost_since`: Slack refuses the token since then, though nobody said that she was removed.
    """

    workspace_id: UUID
    slack_id: str
    name: str
    bot_user_id: str
    active: bool
    created_at: datetime
    lost_since: datetime | None = None

    @property
    def served(self) -> bool:
        """Whether asks are taken and answered there."""
        return self.active and self.lost_since is None


@dataclass(frozen=True, slots=True)
class Listed:
    """A workspace as an operator sees it; `left_at` is when Lucy was removed there."""

    slack_id: str
    name: str
    active: bool
    disabled: bool
    created_at: datetime
    left_at: datetime | None
    lost_since: datetime | None


SERVED = "active AND NOT disabled AND lost_since IS NULL"
"""Whether asks are taken and answered in a workspace: what `Workspace.served` says of its row."""

_READ = Prepared(
    "SELECT workspace_id, slack_id, name, bot_user_id, active AND NOT disabled AS active, created_at, lost_since"
    " FROM workspace WHERE workspace_id = :workspace_id"
)


class WorkspaceStore:
    """The one row of this workspace."""

    def __init__(self, session: AsyncSession, workspace_id: UUID) -> None:
        self._session, self._workspace_id = session, workspace_id

    async def welcome(self, slack_id: str, name: str, bot_user_id: str) -> None:
        """Create the workspace, or make it active again under its present name."""
        row = insert(WorkspaceRow).values(
            workspace_id=self._workspace_id, slack_id=slack_id, name=name, bot_user_id=bot_user_id
        )
        known = {"name": name, "bot_user_id": bot_user_id, "active": True, "left_at": None, "lost_since": None}
        await self._session.execute(row.on_conflict_do_update(index_elements=["workspace_id"], set_=known))

    async def retire(self) -> None:
        """Stop serving this workspace (uninstalled or revoked); its ledger stays."""
        mine = (WorkspaceRow.workspace_id == self._workspace_id, WorkspaceRow.active)
        await self._session.execute(update(WorkspaceRow).where(*mine).values(active=False, left_at=func.now()))

    async def lose(self) -> None:
        """Slack refuses the token: nothing is taken or answered until it is found good, or a new one is there."""
        mine = (WorkspaceRow.workspace_id == self._workspace_id, WorkspaceRow.lost_since.is_(None))
        await self._session.execute(update(WorkspaceRow).where(*mine).values(lost_since=func.now()))

    async def find_again(self) -> None:
        """Slack takes the token."""
        mine = (WorkspaceRow.workspace_id == self._workspace_id, WorkspaceRow.lost_since.is_not(None))
        await self._session.execute(update(WorkspaceRow).where(*mine).values(lost_since=None))

    async def switch(self, *, on: bool) -> bool:
        """An operator's word: switched off, it is not served, whoever installs Lucy there. False when there is no such workspace."""
        mine = WorkspaceRow.workspace_id == self._workspace_id
        done = update(WorkspaceRow).where(mine).values(disabled=not on).returning(WorkspaceRow.workspace_id)
        return (await self._session.execute(done)).scalar_one_or_none() is not None

    async def zone(self) -> str:
        """Whose days are meant: the workspace's zone, else its digest's, else UTC."""
        return str(await self._session.scalar(ZONE, {"workspace_id": self._workspace_id}))

    async def live_in(self, zone: str | None) -> bool:
        """Set whose days are meant; None: the digest's. False when the database does not know the zone.

        Count the budgets anew in the same unit.
        """
        if zone is not None and not await self._session.scalar(KNOWS_ZONE, {"zone": zone}):
            return False
        mine = WorkspaceRow.workspace_id == self._workspace_id
        await self._session.execute(update(WorkspaceRow).where(mine).values(zone=zone))
        return True

    async def rows(self) -> dict[str, int]:
        """How many rows each table holds of this workspace."""
        return await rows_of(self._session, self._workspace_id)

    async def forget(self) -> dict[str, int]:
        """Remove this workspace from every table; the rows removed. Sums without a name stay. Raises StillOpen."""
        return await forget(self._session, self._workspace_id)

    async def forget_departed(self, days: int, *, sums: bool) -> bool:
        """Remove the oldest day, or with the last one everything, of a workspace that left at least `days` ago.

        True while something is left. Raises StillOpen.
        """
        mine = select(WorkspaceRow.workspace_id).where(
            WorkspaceRow.workspace_id == self._workspace_id, *left_before(days)
        )
        if (await self._session.execute(mine.with_for_update())).scalar_one_or_none() is None:
            return False
        if await forget_oldest_day(self._session, self._workspace_id, sums=sums):
            return True
        await forget(self._session, self._workspace_id, sums=sums)
        return False

    async def read(self) -> Workspace | None:
        """This workspace, or None when nobody installed Lucy there."""
        row = await _READ.row(self._session, {"workspace_id": self._workspace_id})
        return None if row is None else Workspace(*row.values())


def left_before(days: int) -> tuple[ColumnElement[bool], ...]:
    """Which workspaces removed Lucy so many days ago, and have not installed her again."""
    return (WorkspaceRow.active.is_(False), WorkspaceRow.left_at < func.now() - timedelta(days=days))


async def listed(session: AsyncSession) -> list[Listed]:
    """Every workspace, by name."""
    columns = [getattr(WorkspaceRow, name) for name in Listed.__slots__]
    rows = await session.execute(select(*columns).order_by(WorkspaceRow.name, WorkspaceRow.slack_id))
    return [Listed(*row) for row in rows]
