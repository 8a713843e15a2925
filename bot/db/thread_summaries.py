"""What a model made of the older part of a long thread: encrypted, for a week, so that it is extended and not made anew."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import LargeBinary
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from bot.db.base import Base, Instant, Key, Words
from bot.db.encryption import Cipher
from bot.db.prepared import Prepared
from bot.db.retention import SUMMARY_DAYS
from bot.errors import Undecryptable


class ThreadSummaryRow(Base):
    __tablename__ = "thread_summary"

    workspace_id: Mapped[Key]
    channel_id: Mapped[Words] = mapped_column(primary_key=True)
    thread_ts: Mapped[Words] = mapped_column(primary_key=True)
    until_ts: Mapped[Words]
    sealed_text: Mapped[bytes] = mapped_column(LargeBinary)
    expires_at: Mapped[Instant]


@dataclass(frozen=True, slots=True)
class ThreadSummary:
    """A summary of all that was said in a thread up to and including `until_ts`."""

    until_ts: str
    text: str


_MINE = "workspace_id = :workspace_id AND channel_id = :channel_id AND thread_ts = :thread_ts"
_READ = Prepared(f"SELECT until_ts, sealed_text FROM thread_summary WHERE {_MINE} AND expires_at > now()")
_KEEP = Prepared(
    f"""
    INSERT INTO thread_summary (workspace_id, channel_id, thread_ts, until_ts, sealed_text, expires_at)
    VALUES (:workspace_id, :channel_id, :thread_ts, :until_ts, :sealed_text, now() + interval '{SUMMARY_DAYS} days')
    ON CONFLICT (workspace_id, channel_id, thread_ts) DO UPDATE
    SET until_ts = excluded.until_ts, sealed_text = excluded.sealed_text, expires_at = excluded.expires_at
    """
)
_RETRACT = Prepared(f"DELETE FROM thread_summary WHERE {_MINE} AND until_ts >= :ts")
_WIPE = Prepared("DELETE FROM thread_summary WHERE workspace_id = :workspace_id")


class ThreadSummaryStore:
    """The summaries of one workspace."""

    def __init__(self, session: AsyncSession, workspace_id: UUID, cipher: Cipher) -> None:
        self._session, self._workspace_id, self._cipher = session, workspace_id, cipher

    async def read(self, channel_id: str, thread_ts: str) -> ThreadSummary | None:
        """A thread's summary; None where there is none, or none that a key of ours opens."""
        row = await _READ.row(self._session, self._key(channel_id, thread_ts))
        try:
            return ThreadSummary(row["until_ts"], self._cipher.open(row["sealed_text"])) if row else None
        except Undecryptable:
            return None

    async def keep(self, channel_id: str, thread_ts: str, summary: ThreadSummary) -> None:
        """Keep a thread's newest summary for a while."""
        sealed = {"until_ts": summary.until_ts, "sealed_text": self._cipher.seal(summary.text)}
        await _KEEP.value(self._session, {**self._key(channel_id, thread_ts), **sealed})

    async def retract(self, channel_id: str, thread_ts: str, ts: str) -> None:
        """A message was changed or taken away: a summary that knows of it goes."""
        await _RETRACT.value(self._session, {**self._key(channel_id, thread_ts), "ts": ts})

    async def wipe(self) -> None:
        """Forget them all: Lucy was removed there."""
        await _WIPE.value(self._session, {"workspace_id": self._workspace_id})

    def _key(self, channel_id: str, thread_ts: str) -> dict[str, object]:
        return {"workspace_id": self._workspace_id, "channel_id": channel_id, "thread_ts": thread_ts}
