"""What happened lately: one person's finished asks, and the calls that failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from bot.db.folding import FOLDED
from bot.db.prepared import Prepared


@dataclass(frozen=True, slots=True)
class RecentAsk:
    """An ask that is done with: where the question stands (`ts`), what kind of work it was, and how it ended.

    `intent` is None where nothing was chosen for it; its calls were made from `created_at` to `done_at`.
    """

    task_id: UUID
    channel_id: str
    thread_ts: str
    ts: str
    outcome: str
    intent: str | None
    created_at: datetime
    done_at: datetime


@dataclass(frozen=True, slots=True)
class Failure:
    """A call that failed, or whose end nobody knows (`state` unknown)."""

    at: datetime
    model: str
    purpose: str
    state: str
    error_class: str | None


ASKS = Prepared(
    """
    SELECT inbox.task_id, inbox.channel_id, inbox.thread_ts, coalesce(question_ts, ts) AS ts, outcome, intent,
           inbox.created_at, done_at
    FROM inbox LEFT JOIN choice ON choice.workspace_id = :workspace_id AND choice.task_id = inbox.task_id
    WHERE inbox.workspace_id = :workspace_id AND inbox.user_id = :user_id AND inbox.state IN ('done', 'dead')
    ORDER BY done_at DESC LIMIT :most
    """
)

FAILURES = Prepared(
    f"""
    WITH failing AS (
        SELECT quarter AS starts,
               quarter + CASE shard WHEN {FOLDED} THEN interval '1 day' ELSE interval '15 minutes' END AS ends
        FROM cost_rollup
        WHERE workspace_id = :workspace_id AND dimension = :dimension AND quarter >= :since AND key = :key
          AND failed + unknown > 0
        ORDER BY quarter DESC LIMIT 1
    )
    SELECT created_at AS at, model, purpose, state, error_class FROM cost_log
    WHERE workspace_id = :workspace_id AND created_at >= (SELECT starts FROM failing)
      AND created_at < (SELECT ends FROM failing) AND state IN ('failed', 'unknown')
      AND (:user_id::text IS NULL OR user_id = :user_id) AND coalesce(error_class, '') <> ALL(:but)
    ORDER BY created_at DESC, id DESC LIMIT :most
    """
)
"""The rollup tells when calls failed last; only the rows of that stretch, at most a day, are looked at."""

_ANY = Prepared("SELECT EXISTS (SELECT FROM choice WHERE workspace_id = :workspace_id)")


class RecentStore:
    """The latest of one workspace."""

    def __init__(self, session: AsyncSession, workspace_id: UUID) -> None:
        self._session, self._workspace_id = session, workspace_id

    async def asks(self, user_id: str, most: int) -> Sequence[RecentAsk]:
        """What one person asked in the last week, what was done last first."""
        rows = await ASKS.rows(self._session, self._mine(user_id=user_id, most=most))
        return [RecentAsk(**row) for row in rows]

    async def failures(self, since: datetime, user_id: str | None, most: int, but: Sequence[str]) -> Sequence[Failure]:
        """The newest calls that failed, of one person or of all, those with an error class in `but` left out.

        They come from the newest quarter of an hour in which any did, or from the newest day that is folded.
        """
        whose = {"dimension": "user" if user_id else "total", "key": user_id or "", "user_id": user_id}
        values = self._mine(**whose, since=since, most=most, but=list(but))
        return [Failure(**row) for row in await FAILURES.rows(self._session, values)]

    async def any(self) -> bool:
        """Whether anybody ever asked something here."""
        return bool(await _ANY.value(self._session, self._mine()))

    def _mine(self, **values: object) -> dict[str, object]:
        return {"workspace_id": self._workspace_id, **values}
