"""What was asked lately, as hashed features alone: enough to see a rephrasing, and to learn from a label. Never a word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Index, LargeBinary, SmallInteger, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from bot.db.base import Base, Instant, Key, Words
from bot.db.prepared import Prepared


class AskedRow(Base):
    __tablename__ = "asked"
    __table_args__ = (Index("asked_of_user_idx", "workspace_id", "channel_id", "user_id", "at"),)

    workspace_id: Mapped[Key]
    task_id: Mapped[Key]
    at: Mapped[Instant] = mapped_column(server_default=func.now())
    channel_id: Mapped[Words]
    thread_ts: Mapped[Words]
    user_id: Mapped[Words]
    tier: Mapped[int] = mapped_column(SmallInteger)
    features: Mapped[bytes] = mapped_column(LargeBinary)


@dataclass(frozen=True, slots=True)
class Asked:
    """One ask: who asked where, which tier it got, and its features; `age_s` seconds ago."""

    task_id: UUID
    channel_id: str
    thread_ts: str
    user_id: str
    tier: int
    features: bytes
    age_s: float = 0.0


_FIELDS = tuple(name for name in Asked.__slots__ if name != "age_s")
KEEP_FEATURES = f"""
    INSERT INTO asked (workspace_id, {", ".join(_FIELDS)})
    SELECT :workspace_id, {", ".join(f":{name}" for name in _FIELDS)} WHERE :features::bytea IS NOT NULL
    ON CONFLICT (workspace_id, task_id) DO UPDATE SET tier = excluded.tier
"""
"""With the fields of a choice and the features of its ask, if it has any; one that is tried again keeps its newest tier."""

_ASKED = f"SELECT {', '.join(_FIELDS)}, extract(epoch FROM now() - at)::float8 AS age_s FROM asked WHERE workspace_id = :workspace_id"
_OF = Prepared(f"{_ASKED} AND task_id = :task_id")
NEWEST = (
    f"{_ASKED} AND channel_id = :channel_id AND user_id = :user_id AND task_id <> :task_id ORDER BY at DESC LIMIT 1"
)
"""What a person asked last in a channel, but for one ask; its columns are those of an Asked."""


class AskedStore:
    """The latest asks of one workspace; those of a month ago are dropped."""

    def __init__(self, session: AsyncSession, workspace_id: UUID) -> None:
        self._session, self._workspace_id = session, workspace_id

    async def of(self, task_id: UUID) -> Asked | None:
        """One ask, or None when it is too long ago."""
        row = await _OF.row(self._session, {"workspace_id": self._workspace_id, "task_id": task_id})
        return Asked(*row.values()) if row else None

    async def newest_features(self, most: int) -> Sequence[bytes]:
        """The features of the latest asks."""
        mine = select(AskedRow.features).where(AskedRow.workspace_id == self._workspace_id)
        return (await self._session.scalars(mine.order_by(AskedRow.at.desc()).limit(most))).all()
