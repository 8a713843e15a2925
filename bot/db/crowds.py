"""How much may wait, and how fast one person may ask. What comes on top is refused, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from bot.db.budget_notices import BudgetNoticeStore, Notice
from bot.db.ids import new_id
from bot.db.inbox import NewAsk
from bot.db.prepared import Prepared

CROWDED = "crowded"
"""The kind of the notice that tells someone so."""

_WAITS = "SELECT 1 FROM inbox WHERE workspace_id = :workspace_id AND state IN ('new', 'leased')"

FULL = f"""
    CASE
        WHEN EXISTS ({_WAITS} AND user_id = :user_id OFFSET :of_person::int - 1) THEN 'person'
        WHEN EXISTS ({_WAITS} AND channel_id = :channel_id AND thread_ts = :thread_ts OFFSET :in_thread::int - 1) THEN 'thread'
        WHEN EXISTS ({_WAITS} OFFSET :of_workspace::int - 1) THEN 'workspace'
        WHEN EXISTS (
            SELECT 1 FROM inbox WHERE workspace_id = :workspace_id AND channel_id = :channel_id AND user_id = :user_id
              AND ts > (extract(epoch FROM now()) - 600)::text AND created_at > now() - interval '10 minutes'
              AND coalesce(outcome, '') NOT IN ('refused', 'refused_again') OFFSET :at_pace::int - 1) THEN 'pace' END
"""
"""Which of the limits `Most` an ask would exceed; null when there is room."""

REFUSE = Prepared(
    """
    INSERT INTO inbox (workspace_id, task_id, event_id, channel_id, channel_type, thread_ts, ts, user_id, state, outcome, done_at)
    SELECT :workspace_id, :task_id, :event_id, :channel_id, :channel_type, :thread_ts, :ts, :user_id::text, 'done',
           CASE WHEN EXISTS (
               SELECT 1 FROM inbox WHERE workspace_id = :workspace_id AND user_id = :user_id
                 AND outcome = 'refused' AND done_at > now() - interval '10 minutes')
           THEN 'refused_again' ELSE 'refused' END, now()
    ON CONFLICT DO NOTHING RETURNING outcome
    """
)
"""Known to Slack's repeats, done with at once, without its words."""


@dataclass(frozen=True, slots=True)
class Most:
    """So many asks may wait or be in work; `at_pace`: of one person in one channel within ten minutes, answered ones too.

    Two machines that answer each other end there: the one that is not Lucy is told no more.
    """

    of_person: int = 100
    in_thread: int = 200
    of_workspace: int = 4000
    at_pace: int = 50

    @classmethod
    def of(cls, person: int) -> Self:
        """A thread may hold twice as many as a person, a workspace forty times; nobody asks faster than half of it, or 20."""
        return cls(person, 2 * person, 40 * person, max(20, person // 2))


class CrowdStore:
    """What one workspace can't take any more."""

    def __init__(self, session: AsyncSession, workspace_id: UUID) -> None:
        self._session, self._workspace_id = session, workspace_id

    async def refuse(self, ask: NewAsk, limit: str, most: Most) -> None:
        """Be done with an ask unanswered: it would exceed `limit`. Whoever asked is told so, once in ten minutes."""
        key = {"workspace_id": self._workspace_id, "user_id": ask.user_id, "channel_id": ask.channel_id}
        more = {"task_id": new_id(), "event_id": ask.event_id, "channel_type": ask.channel_type}
        more |= {"thread_ts": ask.thread_ts, "ts": ask.ts}
        if await REFUSE.value(self._session, {**key, **more}) != "refused":
            return
        allowed = {"person": most.of_person, "thread": most.in_thread, "pace": most.at_pace}.get(
            limit, most.of_workspace
        )
        facts: Mapping[str, object] = {
            "limit": limit,
            "allowed": allowed,
            "user": ask.user_id,
            "channel": ask.channel_id,
            "thread_ts": ask.thread_ts,
            "alone": limit in {"person", "pace"} and ask.channel_type != "im",
            "replies": ask.thread_ts != ask.ts,
        }
        await BudgetNoticeStore(self._session, self._workspace_id).add(
            Notice(f"crowded:{ask.channel_id}:{ask.ts}", CROWDED, facts)
        )
