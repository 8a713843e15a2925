"""Named admins: who may set budgets and digests of a workspace besides Slack's admins and owners."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from bot.db.base import Base, Instant, Key, Words


class NamedAdminRow(Base):
    __tablename__ = "named_admin"

    workspace_id: Mapped[Key]
    user_id: Mapped[Words] = mapped_column(primary_key=True)
    named_by: Mapped[Words]
    named_at: Mapped[Instant] = mapped_column(server_default=func.now())


class AdminStore:
    """The named admins of one workspace; write into the trail in the same unit."""

    def __init__(self, session: AsyncSession, workspace_id: UUID) -> None:
        self._session, self._workspace_id = session, workspace_id

    async def named(self) -> dict[str, str]:
        """User id -> who named them, the first one first."""
        mine = select(NamedAdminRow).where(NamedAdminRow.workspace_id == self._workspace_id)
        rows = (await self._session.scalars(mine.order_by(NamedAdminRow.named_at, NamedAdminRow.user_id))).all()
        return {row.user_id: row.named_by for row in rows}

    async def name(self, user_id: str, by: str) -> bool:
        """Name someone; False when they were named before."""
        row = insert(NamedAdminRow).values(workspace_id=self._workspace_id, user_id=user_id, named_by=by)
        named = await self._session.execute(row.on_conflict_do_nothing().returning(NamedAdminRow.user_id))
        return named.scalar_one_or_none() is not None

    async def dismiss(self, user_id: str) -> bool:
        """Take it back; False when they were not named."""
        mine = (NamedAdminRow.workspace_id == self._workspace_id, NamedAdminRow.user_id == user_id)
        gone = await self._session.execute(delete(NamedAdminRow).where(*mine).returning(NamedAdminRow.user_id))
        return gone.scalar_one_or_none() is not None
