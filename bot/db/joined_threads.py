"""Threads that Lucy joined: who asked her last, who spoke last, whether she was told to be quiet. Never a word of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlalchemy import CheckConstraint, func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from bot.db.base import Base, Instant, Key, Words
from bot.db.prepared import Prepared

Speaker = Literal["asker", "lucy", "people"]
"""Who spoke last: whoever asked her last, she herself, or people among themselves."""


class JoinedThreadRow(Base):
    __tablename__ = "joined_thread"
    __table_args__ = (CheckConstraint("spoke IN ('asker', 'lucy', 'people')", name="spoke"),)

    workspace_id: Mapped[Key]
    channel_id: Mapped[Words] = mapped_column(primary_key=True)
    thread_ts: Mapped[Words] = mapped_column(primary_key=True)
    asker: Mapped[Words]
    begun: Mapped[bool]
    spoke: Mapped[Words]
    muted: Mapped[bool] = mapped_column(server_default="false")
    touched_at: Mapped[Instant] = mapped_column(server_default=func.now())


@dataclass(frozen=True, slots=True)
class JoinedThread:
    """How a thread stands; it `begun` with an ask, or she was called into it. `follow_ups` is the workspace's switch."""

    asker: str
    begun: bool
    spoke: Speaker
    muted: bool
    follow_ups: bool

    def hears(self, user_id: str) -> bool:
        """Whether what someone says there now, naming nobody, is said to her.

        Of whoever asked last, while nobody else has spoken since; in a thread that began with an ask, of anyone whose
        words follow right upon hers.
        """
        if self.muted or not self.follow_ups:
            return False
        if user_id == self.asker:
            return self.spoke != "people"
        return self.begun and self.spoke == "lucy"


_STANDING = Prepared(
    """
    SELECT asker, begun, spoke, muted,
           coalesce((SELECT follow_ups FROM workspace WHERE workspace_id = :workspace_id), false) AS follow_ups
    FROM joined_thread WHERE workspace_id = :workspace_id AND channel_id = :channel_id AND thread_ts = :thread_ts
    """
)
_SPOKE = Prepared(
    """
    UPDATE joined_thread SET spoke = :spoke, touched_at = now()
    WHERE workspace_id = :workspace_id AND channel_id = :channel_id AND thread_ts = :thread_ts AND spoke <> :spoke
    """
)


class JoinedThreadStore:
    """The threads of one workspace that Lucy joined; one that nobody touches is forgotten after a month, a muted one after a year."""

    def __init__(self, session: AsyncSession, workspace_id: UUID) -> None:
        self._session, self._workspace_id = session, workspace_id

    async def standing(self, channel_id: str, thread_ts: str) -> JoinedThread | None:
        """How a thread stands; None where nobody asked her anything."""
        row = await _STANDING.row(self._session, self._key(channel_id, thread_ts))
        return JoinedThread(*row.values()) if row else None

    async def spoke(self, channel_id: str, thread_ts: str, who: Speaker) -> None:
        """Somebody else speaks in a thread of hers, or she does; elsewhere it is nothing."""
        await _SPOKE.value(self._session, {**self._key(channel_id, thread_ts), "spoke": who})

    def _key(self, channel_id: str, thread_ts: str) -> dict[str, object]:
        return {"workspace_id": self._workspace_id, "channel_id": channel_id, "thread_ts": thread_ts}
