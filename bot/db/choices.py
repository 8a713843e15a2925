"""Choices: which tier each ask got, and why. No text."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Float, Index, SmallInteger, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from bot.db.base import Base, Instant, Key, Words


class ChoiceRow(Base):
    __tablename__ = "choice"
    __table_args__ = (Index("choice_thread_idx", "workspace_id", "channel_id", "thread_ts", "created_at"),)

    workspace_id: Mapped[Key]
    task_id: Mapped[Key]
    channel_id: Mapped[Words]
    thread_ts: Mapped[Words]
    user_id: Mapped[Words]
    created_at: Mapped[Instant] = mapped_column(server_default=func.now())
    tier: Mapped[int] = mapped_column(SmallInteger)
    intent: Mapped[Words]
    confidence: Mapped[float] = mapped_column(Float)
    score: Mapped[float | None] = mapped_column(Float)
    decided_by: Mapped[Words]
    reason: Mapped[Words]
    micros: Mapped[float] = mapped_column(Float)


@dataclass(frozen=True, slots=True)
class StoredChoice:
    """A choice as the database keeps it; `micros` is how long deciding took, in microseconds."""

    task_id: UUID
    channel_id: str
    thread_ts: str
    user_id: str
    tier: int
    intent: str
    confidence: float
    score: float | None
    decided_by: str
    reason: str
    micros: float


class ChoiceStore:
    """The choices of one workspace."""

    def __init__(self, session: AsyncSession, workspace_id: UUID) -> None:
        self._session, self._workspace_id = session, workspace_id

    async def remember(self, choice: StoredChoice) -> None:
        """Keep a choice; a task that is tried again keeps its newest."""
        fields = {name: getattr(choice, name) for name in StoredChoice.__slots__}
        row = insert(ChoiceRow).values(workspace_id=self._workspace_id, **fields)
        again = {name: row.excluded[name] for name in fields if name != "task_id"}
        await self._session.execute(row.on_conflict_do_update(index_elements=["workspace_id", "task_id"], set_=again))

    async def thread_tier(self, channel_id: str, thread_ts: str) -> int | None:
        """The tier of the newest answer in a thread, so that a short follow-up can inherit it."""
        newest = (
            select(ChoiceRow.tier)
            .where(
                ChoiceRow.workspace_id == self._workspace_id,
                ChoiceRow.channel_id == channel_id,
                ChoiceRow.thread_ts == thread_ts,
            )
            .order_by(ChoiceRow.created_at.desc())
            .limit(1)
        )
        return (await self._session.execute(newest)).scalar_one_or_none()
