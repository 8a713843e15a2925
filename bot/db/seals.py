"""What is stored encrypted, brought under the newest key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast
from uuid import UUID

from sqlalchemy import Column, CursorResult, Table, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.db.encryption import Cipher
from bot.db.inbox import InboxRow
from bot.db.installations import InstallationRow
from bot.db.kept_messages import KeptMessageRow
from bot.db.replies import ReplyPartRow
from bot.db.thread_summaries import ThreadSummaryRow
from bot.errors import Undecryptable

SEALED: tuple[Column[bytes], ...] = tuple(
    cast(Table, row.__table__).c[name]
    for row, name in (
        (InboxRow, "sealed_text"),
        (ReplyPartRow, "text"),
        (ThreadSummaryRow, "sealed_text"),
        (KeptMessageRow, "sealed_text"),
        (InstallationRow, "sealed_bot_token"),
        (InstallationRow, "sealed_refresh_token"),
    )
)
"""Every encrypted column."""


@dataclass(frozen=True, slots=True)
class Renewal:
    """How many texts are under the newest key that were not, and how many no key opens."""

    renewed: int = 0
    unreadable: int = 0

    def __add__(self, other: Renewal) -> Renewal:
        return Renewal(self.renewed + other.renewed, self.unreadable + other.unreadable)


class SealStore:
    """The encrypted texts of one workspace."""

    def __init__(self, session: AsyncSession, workspace_id: UUID, cipher: Cipher) -> None:
        self._session, self._workspace_id, self._cipher = session, workspace_id, cipher

    async def renew(self) -> Renewal:
        """Encrypt with the newest key what is not yet; what was wiped or written meanwhile stays as it is."""
        done = Renewal()
        for column in SEALED:
            done += await self._renew(column)
        return done

    async def _renew(self, sealed: Column[bytes]) -> Renewal:
        table, done = sealed.table, Renewal()
        keys = list(table.primary_key.columns)
        mine = select(*keys, sealed).where(table.c.workspace_id == self._workspace_id, sealed.is_not(None))
        for *key, text in (await self._session.execute(mine)).all():
            try:
                newer = self._cipher.renewed(text)
            except Undecryptable:
                done += Renewal(unreadable=1)
                continue
            if newer:
                here = [column == value for column, value in zip(keys, key, strict=True)]
                change = update(table).where(*here, sealed == text).values({sealed.name: newer})
                changed = cast("CursorResult[None]", await self._session.execute(change))
                done += Renewal(renewed=changed.rowcount)
        return done
