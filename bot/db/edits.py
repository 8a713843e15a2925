"""Edits: a question whose author changes its words before anybody has begun to answer it."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.db.encryption import Cipher
from bot.db.file_refs import FileRef, packed
from bot.db.inbox import InboxRow


class EditStore:
    """The edits of one workspace."""

    def __init__(self, session: AsyncSession, workspace_id: UUID, cipher: Cipher) -> None:
        self._session, self._workspace_id, self._cipher = session, workspace_id, cipher

    async def reword(self, channel_id: str, ts: str, text: str, files: tuple[FileRef, ...] = ()) -> bool:
        """Put other words in the place of an ask's; False when it is in work or done, or when there is none."""
        mine = update(InboxRow).where(
            InboxRow.workspace_id == self._workspace_id,
            InboxRow.channel_id == channel_id,
            InboxRow.ts == ts,
            InboxRow.question_ts.is_(None),
            InboxRow.state == "new",
            InboxRow.attempts == 0,
        )
        sealed = self._cipher.seal(packed(text, files))
        reworded = mine.values(sealed_text=sealed, files=len(files)).returning(InboxRow.task_id)
        return (await self._session.execute(reworded)).scalar_one_or_none() is not None
