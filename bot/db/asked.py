"""What was asked lately, as hashed features alone: enough to see a rephrasing, and to learn from a label. Never a word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Index, LargeBinary, Select, SmallInteger, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from bot.db.base import Base, Instant, Key, Words


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


class AskedStore:
    """The latest asks of one workspace; those of a month ago are dropped."""

    def __init__(self, session: AsyncSession, workspace_id: UUID) -> None:
        self._session, self._workspace_id = session, workspace_id

    async def remember(self, asked: Asked) -> None:
        """Keep an ask; one that is tried again keeps its newest tier."""
        fields = {name: getattr(asked, name) for name in Asked.__slots__ if name != "age_s"}
        row = insert(AskedRow).values(workspace_id=self._workspace_id, **fields)
        await self._session.execute(
            row.on_conflict_do_update(index_elements=["workspace_id", "task_id"], set_={"tier": asked.tier})
        )

    async def of(self, task_id: UUID) -> Asked | None:
        """One ask, or None when it is too long ago."""
        return await self._one(self._all().where(AskedRow.task_id == task_id))

    async def newest(self, channel_id: str, user_id: str, but: UUID) -> Asked | None:
        """What a person asked last in a channel, `but` for the ask that is being answered."""
        theirs = AskedRow.channel_id == channel_id, AskedRow.user_id == user_id, AskedRow.task_id != but
        return await self._one(self._all().where(*theirs).order_by(AskedRow.at.desc()).limit(1))

    async def newest_features(self, most: int) -> Sequence[bytes]:
        """The features of the latest asks."""
        mine = select(AskedRow.features).where(AskedRow.workspace_id == self._workspace_id)
        return (await self._session.scalars(mine.order_by(AskedRow.at.desc()).limit(most))).all()

    def _all(self) -> Select[AskedRow, int]:
        age = func.extract("epoch", func.now() - AskedRow.at)
        return select(AskedRow, age).where(AskedRow.workspace_id == self._workspace_id)

    async def _one(self, mine: Select[AskedRow, int]) -> Asked | None:
        found = (await self._session.execute(mine)).one_or_none()
        if found is None:
            return None
        row, age_s = found
        return Asked(row.task_id, row.channel_id, row.thread_ts, row.user_id, row.tier, row.features, float(age_s))
