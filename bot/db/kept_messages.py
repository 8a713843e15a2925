"""What Lucy was asked and answered in a thread, kept encrypted for a day where a workspace wants that: Slack may not let her read it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import LargeBinary
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from bot.db.base import Base, Instant, Key, Words
from bot.db.encryption import Cipher
from bot.db.file_refs import unpacked
from bot.db.prepared import Prepared
from bot.errors import Undecryptable

MOST = 50
"""Messages of a thread that are read: the newest."""


class KeptMessageRow(Base):
    __tablename__ = "kept_message"

    workspace_id: Mapped[Key]
    channel_id: Mapped[Words] = mapped_column(primary_key=True)
    thread_ts: Mapped[Words] = mapped_column(primary_key=True)
    ts: Mapped[Words] = mapped_column(primary_key=True)
    user_id: Mapped[Words | None]
    sealed_text: Mapped[bytes] = mapped_column(LargeBinary)
    expires_at: Mapped[Instant]


@dataclass(frozen=True, slots=True)
class KeptMessage:
    """An ask in Slack's markup, or with `user_id` None a part of an answer in Markdown."""

    ts: str
    user_id: str | None
    text: str


WANTED = "(SELECT keeps_context FROM workspace WHERE workspace_id = :workspace_id)"
"""The workspace's switch."""
_THREAD = "workspace_id = :workspace_id AND channel_id = :channel_id AND thread_ts = :thread_ts"
_OF = Prepared(
    f"""
    SELECT ts, user_id, sealed_text FROM kept_message WHERE {_THREAD} AND expires_at > now() AND {WANTED}
    ORDER BY ts DESC LIMIT {MOST}
    """
)
_RETRACT = Prepared(f"DELETE FROM kept_message WHERE {_THREAD} AND ts = :ts")
_WIPE = Prepared("DELETE FROM kept_message WHERE workspace_id = :workspace_id")


class KeptMessageStore:
    """The kept messages of one workspace; none where its switch is off."""

    def __init__(self, session: AsyncSession, workspace_id: UUID, cipher: Cipher) -> None:
        self._session, self._workspace_id, self._cipher = session, workspace_id, cipher

    async def of(self, channel_id: str, thread_ts: str) -> list[KeptMessage]:
        """The newest of a thread, oldest first; what no key of ours opens is left out."""
        kept = []
        for row in reversed(await _OF.rows(self._session, self._key(channel_id, thread_ts))):
            with suppress(Undecryptable):
                said = self._cipher.open(row["sealed_text"])
                words = unpacked(said)[0] if row["user_id"] else said
                kept.append(KeptMessage(row["ts"], row["user_id"], words))
        return kept

    async def retract(self, channel_id: str, thread_ts: str, ts: str) -> None:
        """A message was changed or taken away."""
        await _RETRACT.value(self._session, {**self._key(channel_id, thread_ts), "ts": ts})

    async def wipe(self) -> None:
        """Forget them all: the switch was turned off, or Lucy removed."""
        await _WIPE.value(self._session, {"workspace_id": self._workspace_id})

    def _key(self, channel_id: str, thread_ts: str) -> dict[str, object]:
        return {"workspace_id": self._workspace_id, "channel_id": channel_id, "thread_ts": thread_ts}
