"""How an ask ends: in one statement, so that there is no moment in which half of it is done."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from bot.db.inbox import MINE, Lease, fence, prove
from bot.db.kept_messages import WANTED
from bot.db.prepared import Prepared
from bot.db.retention import CONTEXT_HOURS

_STANDS_AT = "CASE part WHEN :part::smallint THEN :ts::text ELSE ts END"
"""Where a part stands, the last one included."""

_END = Prepared(
    f"""
    WITH ended AS (
        UPDATE inbox SET state = CASE :outcome::text WHEN 'dead' THEN 'dead' ELSE 'done' END, outcome = :outcome::text,
               sealed_text = CASE :outcome::text WHEN 'dead' THEN sealed_text END,
               done_at = now(), lease_id = NULL, worker = NULL
        WHERE {MINE}
        RETURNING task_id, channel_id, thread_ts
    ), kept AS (
        INSERT INTO kept_message (workspace_id, channel_id, thread_ts, ts, user_id, sealed_text, expires_at)
        SELECT ask.workspace_id, ask.channel_id, ask.thread_ts, said.ts, said.user_id, said.words,
               now() + interval '{CONTEXT_HOURS} hours'
        FROM inbox AS ask CROSS JOIN LATERAL (
            SELECT coalesce(ask.question_ts, ask.ts) AS ts, ask.user_id AS user_id, ask.sealed_text AS words
            UNION ALL
            SELECT {_STANDS_AT}, NULL, text FROM reply_part WHERE workspace_id = :workspace_id AND task_id = :task_id) AS said
        WHERE ask.workspace_id = :workspace_id AND ask.task_id = :task_id AND said.ts IS NOT NULL AND said.words IS NOT NULL
          AND :outcome::text <> 'withdrawn' AND {WANTED}
        ON CONFLICT DO NOTHING
    ), spoke AS (
        UPDATE joined_thread AS joined
        SET spoke = CASE :outcome::text WHEN 'withdrawn' THEN 'people' ELSE 'lucy' END, touched_at = now()
        FROM ended
        WHERE joined.workspace_id = :workspace_id AND joined.channel_id = ended.channel_id
          AND joined.thread_ts = ended.thread_ts
          AND joined.spoke <> CASE :outcome::text WHEN 'withdrawn' THEN 'people' ELSE 'lucy' END
    ), wiped AS (
        UPDATE reply_part SET text = NULL, ts = {_STANDS_AT} WHERE workspace_id = :workspace_id AND task_id = :task_id
    ), forgotten AS (
        DELETE FROM stream_message WHERE workspace_id = :workspace_id AND task_id = :task_id
    )
    SELECT task_id FROM ended
    """
)
"""Each part reads what stood there before. Words are copied as they are sealed, all with the same keys, and read by nobody."""


class EndingStore:
    """The ends of one workspace's asks."""

    def __init__(self, session: AsyncSession, workspace_id: UUID) -> None:
        self._session, self._workspace_id = session, workspace_id

    async def end(self, lease: Lease, outcome: str, last: tuple[int, str] | None = None) -> None:
        """The ask is done with, and its words and its answer's are wiped; where the workspace wants that, they are kept for a day.

        The words of a "dead" one stay for operators until the sweep; of a "withdrawn" one nothing is kept. `last` is the part
        that Slack took just now, and its ts: written down with the end. Raises LeaseLost.
        """
        part, ts = last or (None, None)
        values = {**fence(self._workspace_id, lease), "outcome": outcome, "part": part, "ts": ts}
        prove(lease, await _END.value(self._session, values))
