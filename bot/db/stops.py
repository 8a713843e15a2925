"""Stops: who wants an ask in work to end. They stand in the inbox, so that any replica may hear of one and any may obey."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.db.inbox import InboxRow, Lease
from bot.db.prepared import Prepared

WITHDRAWN = "withdrawn"
"""Who stops an ask whose question was deleted."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Where a question stands, and who asked it, for as long as it is remembered."""

    channel_id: str
    channel_type: str
    thread_ts: str
    ts: str
    user_id: str
    user_team: str | None


WANTED = "SELECT stop_by FROM inbox WHERE workspace_id = :workspace_id AND task_id = :task_id"
_WANTED = Prepared(WANTED)


class StopStore:
    """The stops of one workspace."""

    def __init__(self, session: AsyncSession, workspace_id: UUID) -> None:
        self._session, self._workspace_id = session, workspace_id

    async def stop(self, channel_id: str, thread_ts: str, by: str) -> None:
        """Someone wants whoever works in a thread to stop."""
        begun = (InboxRow.state == "leased") | ((InboxRow.state == "new") & (InboxRow.attempts > 0))
        await self._put(by, InboxRow.channel_id == channel_id, InboxRow.thread_ts == thread_ts, begun)

    async def withdraw(self, channel_id: str, ts: str) -> None:
        """A message is gone: nobody wants its answer any more."""
        is_open = InboxRow.state.in_(("new", "leased"))
        await self._put(WITHDRAWN, InboxRow.channel_id == channel_id, _asked_ts() == ts, is_open)

    async def wanted(self, lease: Lease) -> str | None:
        """Who wants this ask to stop: someone's id, `WITHDRAWN`, or nobody."""
        by: str | None = await _WANTED.value(
            self._session, {"workspace_id": self._workspace_id, "task_id": lease.task_id}
        )
        return by

    async def refuse(self, lease: Lease, by: str) -> None:
        """Whoever wanted it to stop may not."""
        await self._put(None, InboxRow.task_id == lease.task_id, InboxRow.stop_by == by)

    async def asked(self, task_id: UUID) -> Asked | None:
        """The question behind an answer."""
        row = InboxRow
        columns = row.channel_id, row.channel_type, row.thread_ts, _asked_ts(), row.user_id, row.user_team
        mine = select(*columns).where(row.workspace_id == self._workspace_id, row.task_id == task_id)
        found = (await self._session.execute(mine)).one_or_none()
        return Asked(*found) if found else None

    async def _put(self, by: str | None, *which: ColumnElement[bool]) -> None:
        mine = update(InboxRow).where(InboxRow.workspace_id == self._workspace_id, *which)
        await self._session.execute(mine.values(stop_by=by))


def _asked_ts() -> ColumnElement[str]:
    """Where the question stands."""
    return func.coalesce(InboxRow.question_ts, InboxRow.ts)
