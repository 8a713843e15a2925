"""Thread floors: below which tier a conversation does not fall, for every replica the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlalchemy import SmallInteger, func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from bot.db.base import Base, Id, Instant, Key, Words
from bot.db.prepared import Prepared

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
    """The tier of a thread's last answer, or the one somebody `asked` for; `task_id` is the last ask that set it.

    `idle_s` is for how many seconds nobody touched it, `read_tokens` and `written_tokens` what that ask's answer took.
    """

    tier: int
    source: Source
    task_id: UUID
    idle_s: float = 0.0
    read_tokens: int = 0
    written_tokens: int = 0


FLOOR = """
    SELECT tier, source, task_id, extract(epoch FROM now() - set_at)::float8 AS idle_s,
           coalesce(last.input_tokens, 0) AS read_tokens, coalesce(last.output_tokens, 0) AS written_tokens
    FROM thread_floor AS floor LEFT JOIN LATERAL (
        SELECT input_tokens, output_tokens FROM cost_log
        WHERE workspace_id = :workspace_id AND task_id = floor.task_id AND purpose = 'reply' AND state = 'settled'
        ORDER BY created_at DESC LIMIT 1) AS last ON true
    WHERE workspace_id = :workspace_id AND channel_id = :channel_id AND thread_ts = :thread_ts
"""
"""Where a thread stands, its columns those of a ThreadFloor."""

SET_FLOOR = """
    INSERT INTO thread_floor (workspace_id, channel_id, thread_ts, tier, source, task_id)
    SELECT :workspace_id, :channel_id, :thread_ts, :floor_tier::smallint, :floor_source, :task_id
    WHERE :floor_tier::smallint IS NOT NULL
    ON CONFLICT (workspace_id, channel_id, thread_ts)
    DO UPDATE SET tier = excluded.tier, source = excluded.source, task_id = excluded.task_id, set_at = now()
"""
"""With `fields_of` a floor; without one it stays as it is."""

_OF, _PUT = Prepared(FLOOR), Prepared(SET_FLOOR)


class ThreadFloorStore:
    """The threads of one workspace."""

    def __init__(self, session: AsyncSession, workspace_id: UUID) -> None:
        self._session, self._workspace_id = session, workspace_id

    async def of(self, channel_id: str, thread_ts: str) -> ThreadFloor | None:
        """A thread's floor and for how many seconds nobody touched it; None where Lucy has not answered yet."""
        row = await _OF.row(self._session, self._key(channel_id, thread_ts))
        return ThreadFloor(**row) if row else None

    async def put(self, channel_id: str, thread_ts: str, floor: ThreadFloor) -> None:
        """From now on this is the thread's floor."""
        fields = {**fields_of(floor), "task_id": floor.task_id}
        await _PUT.value(self._session, {**self._key(channel_id, thread_ts), **fields})

    def _key(self, channel_id: str, thread_ts: str) -> dict[str, object]:
        return {"workspace_id": self._workspace_id, "channel_id": channel_id, "thread_ts": thread_ts}


def fields_of(floor: ThreadFloor | None) -> dict[str, object]:
    """What SET_FLOOR wants to know of a floor."""
    return {"floor_tier": floor and floor.tier, "floor_source": floor and floor.source}
