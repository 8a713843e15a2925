"""Thread floors: below which tier a conversation does not fall, for every replica the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast
from uuid import UUID

from sqlalchemy import ColumnElement, SmallInteger, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from bot.db.base import Base, Id, Instant, Key, Words

Source = Literal["answer", "asked"]


class ThreadFloorRow(Base):
    __tablename__ = "thread_floor"

    workspace_id: Mapped[Key]
    channel_id: Mapped[Words] = mapped_column(primary_key=True)
    thread_ts: Mapped[Words] = mapped_column(primary_key=True)
    tier: Mapped[int] = mapped_column(SmallInteger)
    source: Mapped[Words]
    task_id: Mapped[Id]
    set_at: Mapped[Instant] = mapped_column(server_default=func.now())


@dataclass(frozen=True, slots=True)
class ThreadFloor:
    """The tier of a thread's last answer, or the one somebody `asked` for; `task_id` is the last ask that set it."""

    tier: int
    source: Source
    task_id: UUID
    idle_s: float = 0.0


class ThreadFloorStore:
    """The threads of one workspace."""

    def __init__(self, session: AsyncSession, workspace_id: UUID) -> None:
        self._session, self._workspace_id = session, workspace_id

    async def of(self, channel_id: str, thread_ts: str) -> ThreadFloor | None:
        """A thread's floor and for how many seconds nobody touched it; None where Lucy has not answered yet."""
        idle = func.extract("epoch", func.now() - ThreadFloorRow.set_at)
        found = (
            await self._session.execute(select(ThreadFloorRow, idle).where(*self._key(channel_id, thread_ts)))
        ).one_or_none()
        if found is None:
            return None
        row, idle_s = found
        return ThreadFloor(row.tier, cast(Source, row.source), row.task_id, float(idle_s))

    async def put(self, channel_id: str, thread_ts: str, floor: ThreadFloor) -> None:
        """From now on this is the thread's floor."""
        fields = {"tier": floor.tier, "source": floor.source, "task_id": floor.task_id}
        key = {"workspace_id": self._workspace_id, "channel_id": channel_id, "thread_ts": thread_ts}
        row = insert(ThreadFloorRow).values(**key, **fields)
        await self._session.execute(
            row.on_conflict_do_update(index_elements=list(key), set_={**fields, "set_at": func.now()})
        )

    def _key(self, channel_id: str, thread_ts: str) -> tuple[ColumnElement[bool], ...]:
        return (
            ThreadFloorRow.workspace_id == self._workspace_id,
            ThreadFloorRow.channel_id == channel_id,
            ThreadFloorRow.thread_ts == thread_ts,
        )
