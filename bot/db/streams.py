"""Streams: where the messages of an answer stand in Slack before the answer itself is stored. No text."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import SmallInteger, func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from bot.db.base import Base, Instant, Key, Words
from bot.db.inbox import HELD, Lease, fence, prove
from bot.db.prepared import Prepared


class StreamMessageRow(Base):
    __tablename__ = "stream_message"

    workspace_id: Mapped[Key]
    task_id: Mapped[Key]
    part: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    begun_at: Mapped[Instant] = mapped_column(server_default=func.now())
    ts: Mapped[Words | None]


@dataclass(frozen=True, slots=True)
class StreamMessage:
    """A message that was begun `age_s` seconds ago; `ts` is None while nobody knows whether Slack took it."""

    part: int
    ts: str | None
    age_s: float


_BEGUN = Prepared(
    "SELECT part, ts, extract(epoch FROM now() - begun_at)::float8 AS age_s FROM stream_message"
    " WHERE workspace_id = :workspace_id AND task_id = :task_id"
)


_MINE = "message.workspace_id = :workspace_id AND message.task_id = held.task_id AND message.part = :part"
_BEGIN = Prepared(
    f"""
    {HELD}, begun AS (
        INSERT INTO stream_message (workspace_id, task_id, part) SELECT :workspace_id, task_id, :part FROM held
        ON CONFLICT DO NOTHING RETURNING part
    )
    SELECT EXISTS (SELECT FROM begun) FROM held
    """
)
_STANDS = Prepared(
    f"""
    {HELD}, stands AS (UPDATE stream_message AS message SET ts = :ts FROM held WHERE {_MINE})
    SELECT task_id FROM held
    """
)
_TAKE_BACK = Prepared(
    f"""
    {HELD}, gone AS (DELETE FROM stream_message AS message USING held WHERE {_MINE})
    SELECT task_id FROM held
    """
)


class StreamStore:
    """The streamed messages of one workspace; every write for an answer is fenced by the lease."""

    def __init__(self, session: AsyncSession, workspace_id: UUID) -> None:
        self._session, self._workspace_id = session, workspace_id

    async def begin(self, lease: Lease, part: int) -> bool:
        """Write down that a message is about to be begun; False when one was already. Raises LeaseLost."""
        begun: bool | None = await _BEGIN.value(self._session, self._under(lease, part))
        prove(lease, begun)
        return bool(begun)

    async def stands(self, lease: Lease, part: int, ts: str) -> None:
        """Slack took the message under `ts`. Raises LeaseLost."""
        prove(lease, await _STANDS.value(self._session, {**self._under(lease, part), "ts": ts}))

    async def take_back(self, lease: Lease, part: int) -> None:
        """Slack certainly did not take the message. Raises LeaseLost."""
        prove(lease, await _TAKE_BACK.value(self._session, self._under(lease, part)))

    async def of(self, task_id: UUID) -> dict[int, StreamMessage]:
        """Every message that was begun for an answer, by part."""
        rows = await _BEGUN.rows(self._session, {"workspace_id": self._workspace_id, "task_id": task_id})
        return {row["part"]: StreamMessage(*row.values()) for row in rows}

    def _under(self, lease: Lease, part: int) -> dict[str, object]:
        return {**fence(self._workspace_id, lease), "part": part}
