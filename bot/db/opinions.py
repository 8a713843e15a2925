"""What a model once said of a message: kept by a keyed hash of its words, never with them, for a few days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Double, Index, LargeBinary, SmallInteger, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from bot.db.base import Base, Instant, Key, Words
from bot.db.encryption import Cipher

KEPT_FOR = timedelta(days=7)


class OpinionRow(Base):
    __tablename__ = "classifier_cache"
    __table_args__ = (Index("classifier_cache_expires_idx", "expires_at"),)

    workspace_id: Mapped[Key]
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    intent: Mapped[Words]
    tier: Mapped[int] = mapped_column(SmallInteger)
    confidence: Mapped[float] = mapped_column(Double)
    model: Mapped[Words]
    expires_at: Mapped[Instant]


@dataclass(frozen=True, slots=True)
class StoredOpinion:
    """What a model said; `confidence` as it said it, `model` is the id that served."""

    intent: str
    tier: int
    confidence: float
    model: str


class OpinionStore:
    """The opinions of one workspace."""

    def __init__(self, session: AsyncSession, workspace_id: UUID, cipher: Cipher) -> None:
        self._session, self._workspace_id, self._cipher = session, workspace_id, cipher

    async def find(self, asked: str) -> StoredOpinion | None:
        """What was said when the very same was asked, unless that is too long ago."""
        row = OpinionRow
        same = select(row.intent, row.tier, row.confidence, row.model).where(
            row.workspace_id == self._workspace_id,
            row.fingerprint == self._fingerprint(asked),
            row.expires_at > func.now(),
        )
        found = (await self._session.execute(same)).one_or_none()
        return StoredOpinion(*found) if found else None

    async def keep(self, asked: str, opinion: StoredOpinion) -> None:
        """Remember what was said; the newest counts."""
        values = {name: getattr(opinion, name) for name in StoredOpinion.__slots__}
        values["expires_at"] = func.now() + KEPT_FOR
        row = insert(OpinionRow).values(workspace_id=self._workspace_id, fingerprint=self._fingerprint(asked), **values)
        await self._session.execute(
            row.on_conflict_do_update(index_elements=["workspace_id", "fingerprint"], set_=values)
        )

    def _fingerprint(self, asked: str) -> bytes:
        return self._cipher.fingerprint(self._workspace_id.bytes + asked.encode("utf-8", "replace"))
