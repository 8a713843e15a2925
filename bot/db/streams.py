"""Streams: where the messages of an answer stand in Slack before the answer itself is stored. No text."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, SmallInteger, delete, func, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from bot.db.base import Base, Instant, Key, Words
from bot.db.encryption import Cipher
from bot.db.inbox import InboxStore, Lease
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


class StreamStore:
    """The streamed messages of one workspace; every write for an answer is fenced by the lease."""

    def __init__(self, session: AsyncSession, workspace_id: UUID, cipher: Cipher) -> None:
        self._session, self._workspace_id = session, workspace_id
        self._inbox = InboxStore(session, workspace_id, cipher)

    async def begin(self, lease: Lease, part: int) -> bool:
        """Write down that a message is about to be begun; False when one was already. Raises LeaseLost."""
        await self._inbox.hold(lease)
        row = insert(StreamMessageRow).values(workspace_id=self._workspace_id, task_id=lease.task_id, part=part)
        begun = await self._session.execute(row.on_conflict_do_nothing().returning(StreamMessageRow.part))
        return begun.scalar_one_or_none() is not None

    async def stands(self, lease: Lease, part: int, ts: str) -> None:
        """Slack took the message under `ts`. Raises LeaseLost."""
        await self._inbox.hold(lease)
        mine = update(StreamMessageRow).where(*self._of(lease.task_id), StreamMessageRow.part == part)
        await self._session.execute(mine.values(ts=ts))

    async def take_back(self, lease: Lease, part: int) -> None:
        """Slack certainly did not take the message. Raises LeaseLost."""
        await self._inbox.hold(lease)
        await self._session.execute(
            delete(StreamMessageRow).where(*self._of(lease.task_id), StreamMessageRow.part == part)
        )

    async def of(self, task_id: UUID) -> dict[int, StreamMessage]:
        """Every message that was begun for an answer, by part."""
        rows = await _BEGUN.rows(self._session, {"workspace_id": self._workspace_id, "task_id": task_id})
        return {row["part"]: StreamMessage(*row.values()) for row in rows}

    def _of(self, task_id: UUID) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
        return StreamMessageRow.workspace_id == self._workspace_id, StreamMessageRow.task_id == task_id
