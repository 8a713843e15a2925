"""The trail: who changed what of a workspace's money rules, from what to what. Appended, never rewritten."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, func, insert, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from bot.db.base import Base, Instant, Key, Words
from bot.db.ids import new_id

OPERATOR = "operator"
"""The actor of what is done at the command line."""


class AuditRow(Base):
    __tablename__ = "audit_log"
    __table_args__ = (Index("audit_log_at_idx", "workspace_id", "at"),)

    workspace_id: Mapped[Key]
    id: Mapped[Key]
    at: Mapped[Instant] = mapped_column(server_default=func.clock_timestamp())
    actor: Mapped[Words]
    action: Mapped[Words]
    subject: Mapped[Words]
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    after: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))


@dataclass(frozen=True, slots=True)
class Change:
    """One entry: `actor` is a Slack user id or OPERATOR; amounts in `before` and `after` are exact decimal strings."""

    actor: str
    action: str
    subject: str
    before: Mapping[str, object] | None
    after: Mapping[str, object] | None
    at: datetime | None = None


class AuditStore:
    """The trail of one workspace; an entry commits with the change it tells of."""

    def __init__(self, session: AsyncSession, workspace_id: UUID) -> None:
        self._session, self._workspace_id = session, workspace_id

    async def record(self, change: Change) -> None:
        """Append an entry; its time is the database's."""
        fields = {name: getattr(change, name) for name in Change.__slots__ if name != "at"}
        await self._session.execute(insert(AuditRow).values(workspace_id=self._workspace_id, id=new_id(), **fields))

    async def newest(self, limit: int = 50) -> Sequence[Change]:
        """The last entries, newest first."""
        mine = select(AuditRow).where(AuditRow.workspace_id == self._workspace_id)
        rows = await self._session.scalars(mine.order_by(AuditRow.at.desc(), AuditRow.id.desc()).limit(limit))
        return [Change(row.actor, row.action, row.subject, row.before, row.after, row.at) for row in rows]
