"""Replies: the parts of an answer, kept encrypted until they stand in Slack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import LargeBinary, SmallInteger, Update, func, insert, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from bot.db.base import Base, Instant, Key, Words
from bot.db.encryption import Cipher
from bot.db.inbox import InboxStore, Lease


class ReplyPartRow(Base):
    __tablename__ = "reply_part"

    workspace_id: Mapped[Key]
    task_id: Mapped[Key]
    part: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    text: Mapped[bytes | None] = mapped_column(LargeBinary)
    intent_at: Mapped[Instant] = mapped_column(server_default=func.now())
    ts: Mapped[Words | None]
    actions: Mapped[list[dict[str, str]] | None] = mapped_column(JSONB(none_as_null=True))


@dataclass(frozen=True, slots=True)
class ReplyPart:
    """One message of an answer; `ts` is None until Slack has taken it; `age_s` counts seconds since the intent.

    `actions` are the buttons under it: `action`, `label` and `value` each.
    """

    part: int
    text: str
    intent_at: datetime
    age_s: float
    ts: str | None
    actions: Sequence[Mapping[str, str]] = ()


class ReplyStore:
    """The reply parts of one workspace; every write is fenced by the lease."""

    def __init__(self, session: AsyncSession, workspace_id: UUID, cipher: Cipher) -> None:
        self._session, self._workspace_id, self._cipher = session, workspace_id, cipher
        self._inbox = InboxStore(session, workspace_id, cipher)

    async def store(self, lease: Lease, parts: Sequence[str], actions: Sequence[Mapping[str, str]] = ()) -> None:
        """Keep an answer, the intent to post it, and the buttons under its last part.

        Raises LeaseLost, having written nothing.
        """
        await self._inbox.hold(lease)
        rows = [
            {
                "workspace_id": self._workspace_id,
                "task_id": lease.task_id,
                "part": number,
                "text": self._cipher.seal(text),
                "actions": [dict(action) for action in actions] if actions and number == len(parts) - 1 else None,
            }
            for number, text in enumerate(parts)
        ]
        await self._session.execute(insert(ReplyPartRow), rows)

    async def kept(self, task_id: UUID) -> bool:
        """Whether an answer is stored; it need not be readable."""
        mine = select(func.count()).where(
            ReplyPartRow.workspace_id == self._workspace_id, ReplyPartRow.task_id == task_id
        )
        return bool((await self._session.execute(mine)).scalar_one())

    async def parts(self, task_id: UUID) -> list[ReplyPart]:
        """The answer as stored, in order; empty when no model has answered yet."""
        age = func.extract("epoch", func.now() - ReplyPartRow.intent_at)
        mine = (
            select(ReplyPartRow, age)
            .where(ReplyPartRow.workspace_id == self._workspace_id, ReplyPartRow.task_id == task_id)
            .order_by(ReplyPartRow.part)
        )
        return [
            ReplyPart(
                row.part,
                self._cipher.open(row.text) if row.text else "",
                row.intent_at,
                float(age_s),
                row.ts,
                row.actions or (),
            )
            for row, age_s in (await self._session.execute(mine)).all()
        ]

    async def intend(self, lease: Lease, part: int) -> None:
        """Renew the intent right before a part is sent. Raises LeaseLost."""
        await self._inbox.hold(lease)
        await self._session.execute(self._of(lease, part).values(intent_at=func.now()))

    async def posted(self, lease: Lease, part: int, ts: str) -> None:
        """The part stands in Slack under `ts`. Raises LeaseLost."""
        await self._inbox.hold(lease)
        await self._session.execute(self._of(lease, part).values(ts=ts))

    async def wipe(self, task_id: UUID) -> None:
        """Forget the words of a finished answer; where it stands in Slack stays known."""
        mine = ReplyPartRow.workspace_id == self._workspace_id
        await self._session.execute(update(ReplyPartRow).where(mine, ReplyPartRow.task_id == task_id).values(text=None))

    def _of(self, lease: Lease, part: int) -> Update:
        return update(ReplyPartRow).where(
            ReplyPartRow.workspace_id == self._workspace_id,
            ReplyPartRow.task_id == lease.task_id,
            ReplyPartRow.part == part,
        )
