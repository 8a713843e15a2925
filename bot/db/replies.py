"""Replies: the parts of an answer, kept encrypted until they stand in Slack."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import LargeBinary, SmallInteger, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from bot.db.base import Base, Instant, Key, Words
from bot.db.encryption import Cipher
from bot.db.inbox import HELD, OPEN, Lease, fence, prove
from bot.db.prepared import Prepared
from bot.db.streams import StreamMessage


class ReplyPartRow(Base):
    __tablename__ = "reply_part"

    workspace_id: Mapped[Key]
    task_id: Mapped[Key]
    part: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    text: Mapped[bytes | None] = mapped_column(LargeBinary)
    intent_at: Mapped[Instant] = mapped_column(server_default=func.now())
    ts: Mapped[Words | None]
    actions: Mapped[list[dict[str, str]] | None] = mapped_column(JSONB(none_as_null=True))


KEPT = """
    , said AS (
        SELECT place - 1 AS part, words, CASE WHEN place = cardinality(:sealed) THEN :actions::jsonb END AS actions
        FROM unnest(:sealed::bytea[]) WITH ORDINALITY AS part (words, place)
    ), begun AS (
        INSERT INTO reply_part (workspace_id, task_id, part, text, actions)
        SELECT :workspace_id, :task_id, part, words, actions FROM held CROSS JOIN said WHERE part = 0
        ON CONFLICT DO NOTHING RETURNING task_id
    ), ended AS (
        INSERT INTO reply_part (workspace_id, task_id, part, text, actions)
        SELECT :workspace_id, :task_id, part, words, actions FROM begun CROSS JOIN said WHERE part > 0
    )
"""
"""The parts of an answer, its buttons with the last, unless one is there already: of two kept at once, the first part decides."""

_KEEP_HELD, _KEEP_OPEN = (Prepared(f"{held} {KEPT} SELECT task_id FROM held") for held in (HELD, OPEN))

_PART = "FROM reply_part WHERE workspace_id = :workspace_id AND task_id = :task_id"
_KEPT = Prepared(f"SELECT EXISTS (SELECT {_PART})")
STORED = f"""
    SELECT true AS is_part, part, ts, intent_at, extract(epoch FROM now() - intent_at)::float8 AS age_s, text, actions {_PART}
    UNION ALL
    SELECT false, part, ts, begun_at, extract(epoch FROM now() - begun_at)::float8, NULL, NULL
    FROM stream_message WHERE workspace_id = :workspace_id AND task_id = :task_id
    ORDER BY part
"""
_STORED = Prepared(STORED)
_UNDER_LEASE = """
    FROM held WHERE part.workspace_id = :workspace_id AND part.task_id = held.task_id AND part.part = :part
    RETURNING part.part
"""
_INTEND = Prepared(f"{HELD} UPDATE reply_part AS part SET intent_at = now() {_UNDER_LEASE}")
_POSTED = Prepared(f"{HELD} UPDATE reply_part AS part SET ts = :ts {_UNDER_LEASE}")
_MAKE_ROOM = Prepared(
    f"""
    {HELD}, room AS (
        DELETE FROM reply_part AS part USING held
        WHERE part.workspace_id = :workspace_id AND part.task_id = held.task_id AND part.ts IS NULL
    )
    SELECT task_id FROM held
    """
)
_WIPE = Prepared("UPDATE reply_part SET text = NULL WHERE workspace_id = :workspace_id AND task_id = :task_id")


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


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """Its parts in order, none when no model has answered yet, and every message that was begun for it, by part."""

    parts: Sequence[ReplyPart]
    begun: Mapping[int, StreamMessage]

    @property
    def missing(self) -> Sequence[ReplyPart]:
        """The parts that do not stand in Slack, as far as anybody knows."""
        return [part for part in self.parts if part.ts is None]

    @property
    def left_over(self) -> Sequence[StreamMessage]:
        """The messages that no part needs."""
        return [message for number, message in self.begun.items() if number >= len(self.parts)]


class ReplyStore:
    """The reply parts of one workspace; every write is fenced by the lease."""

    def __init__(self, session: AsyncSession, workspace_id: UUID, cipher: Cipher) -> None:
        self._session, self._workspace_id, self._cipher = session, workspace_id, cipher

    async def store(
        self,
        lease: Lease,
        parts: Sequence[str],
        actions: Sequence[Mapping[str, str]] = (),
        *,
        instead: bool = False,
    ) -> None:
        """Keep an answer, the intent to post it, and the buttons under its last part.

        The first answer kept stays, unless one is kept `instead` of it and nobody has begun to post it.

        Raises LeaseLost, having written nothing.
        """
        if instead:
            await self.take_back(lease)
        prove(
            lease, await _KEEP_HELD.value(self._session, fence(self._workspace_id, lease) | self._said(parts, actions))
        )

    async def take_back(self, lease: Lease) -> None:
        """Forget the parts that do not stand in Slack: nobody wants them any more. Raises LeaseLost."""
        prove(lease, await _MAKE_ROOM.value(self._session, fence(self._workspace_id, lease)))

    async def restore(self, task_id: UUID, parts: Sequence[str]) -> None:
        """Keep an answer that was paid for while the database was away, if its ask is still open and has none yet."""
        await _KEEP_OPEN.value(self._session, self._of(task_id) | self._said(parts))

    def _said(self, parts: Sequence[str], actions: Sequence[Mapping[str, str]] = ()) -> dict[str, object]:
        buttons = json.dumps([dict(action) for action in actions]) if actions else None
        return {"sealed": [self._cipher.seal(text) for text in parts], "actions": buttons}

    async def kept(self, task_id: UUID) -> bool:
        """Whether an answer is stored; it need not be readable."""
        return bool(await _KEPT.value(self._session, self._of(task_id)))

    async def stored(self, task_id: UUID) -> StoredAnswer:
        """The answer, and where its messages stand. Raises Undecryptable."""
        return stored_answer(await _STORED.rows(self._session, self._of(task_id)), self._cipher)

    async def intend(self, lease: Lease, part: int) -> None:
        """Renew the intent right before a part is sent. Raises LeaseLost."""
        prove(lease, await _INTEND.value(self._session, {**fence(self._workspace_id, lease), "part": part}))

    async def posted(self, lease: Lease, part: int, ts: str) -> None:
        """The part stands in Slack under `ts`. Raises LeaseLost."""
        prove(lease, await _POSTED.value(self._session, {**fence(self._workspace_id, lease), "part": part, "ts": ts}))

    async def wipe(self, task_id: UUID) -> None:
        """Forget the words of a finished answer; where it stands in Slack stays known."""
        await _WIPE.value(self._session, self._of(task_id))

    def _of(self, task_id: UUID) -> dict[str, object]:
        return {"workspace_id": self._workspace_id, "task_id": task_id}


def stored_answer(rows: Sequence[Sequence[Any]], cipher: Cipher) -> StoredAnswer:
    """An answer of the rows of STORED. Raises Undecryptable."""
    parts, begun = [], {}
    for is_part, part, ts, intent_at, age_s, text, actions in rows:
        if is_part:
            parts.append(ReplyPart(part, cipher.open(text) if text else "", intent_at, age_s, ts, actions or ()))
        else:
            begun[part] = StreamMessage(part, ts, age_s)
    return StoredAnswer(parts, begun)
