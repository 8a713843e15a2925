"""How an ask comes in: in one statement, as Slack waits for it, and tells of most of them twice."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from bot.db.crowds import FULL, Most
from bot.db.encryption import Cipher
from bot.db.inbox import ADD, ONCE, NewAsk, row_of
from bot.db.prepared import Prepared
from bot.db.workspaces import SERVED

_ARRIVE = Prepared(
    f"""
    WITH door AS (
        SELECT {FULL} AS full
        FROM workspace WHERE workspace_id = :workspace_id AND {SERVED}
    ), added AS (
        {ADD} FROM door WHERE door.full IS NULL {ONCE}
    ), joined AS (
        INSERT INTO joined_thread AS joined (workspace_id, channel_id, thread_ts, asker, begun, spoke, muted)
        SELECT :workspace_id, :channel_id, :thread_ts, :user_id, :thread_ts = :ts, 'asker', coalesce(:muted::boolean, false)
        FROM added WHERE :channel_type <> 'im'
        ON CONFLICT (workspace_id, channel_id, thread_ts) DO UPDATE
        SET asker = excluded.asker, spoke = 'asker', muted = coalesce(:muted::boolean, joined.muted), touched_at = now()
    )
    SELECT door.full, task_id FROM door LEFT JOIN added ON true
    """
)
"""A workspace that is not served has no door; there is nothing added where that is full, or the ask is known."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """What became of an ask: the `limit` it would exceed, or its task if it is new."""

    limit: str | None
    task_id: UUID | None


class ArrivalStore:
    """Asks as they come into one workspace."""

    def __init__(self, session: AsyncSession, workspace_id: UUID, cipher: Cipher) -> None:
        self._session, self._workspace_id, self._cipher = session, workspace_id, cipher

    async def take(self, ask: NewAsk, most: Most, *, muted: bool | None = None) -> Arrival | None:
        """Store an ask and that its thread was joined, unless Slack told us of it before (by event, or channel and ts).

        None where Lucy does not serve. `muted` None leaves the thread as loud as it was.
        """
        values = {**row_of(self._workspace_id, ask, self._cipher), "muted": muted}
        values |= {name: getattr(most, name) for name in Most.__slots__}
        row = await _ARRIVE.row(self._session, values)
        return Arrival(row["full"], row["task_id"]) if row else None
