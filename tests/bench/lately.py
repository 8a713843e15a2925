"""The last week of a generated ledger as a Home looks at it: who asked what, and which calls failed."""

from __future__ import annotations

from typing import Any

ASKS = """
    INSERT INTO inbox (workspace_id, task_id, event_id, channel_id, channel_type, thread_ts, ts, user_id, state, outcome,
                       created_at, done_at)
    SELECT workspace_id, task_id, task_id::text, channel_id, 'channel', thread_ts, task_id::text, user_id, 'done', 'answered',
           created_at, created_at + interval '3 s'
    FROM cost_log WHERE created_at >= now() - interval '8 days' AND purpose = 'reply'
"""
CHOICES = """
    INSERT INTO choice (workspace_id, task_id, channel_id, thread_ts, user_id, created_at, tier, intent, confidence, decided_by,
                        reason, micros)
    SELECT workspace_id, task_id, channel_id, thread_ts, user_id, created_at, tier, 'chat', 0.9, 'rule:chat', 'small talk', 20
    FROM cost_log WHERE created_at >= now() - interval '8 days' AND purpose = 'reply'
"""
FAILED = """
    WITH broken AS (
        UPDATE cost_log SET state = 'failed', error_class = 'server'
        WHERE created_at >= now() - interval '8 days' AND get_byte(uuid_send(id), 15) < $1
        RETURNING workspace_id, created_at, user_id
    ), fallen AS (
        SELECT DISTINCT workspace_id, dimension, key, date_bin('15 minutes', created_at, 'epoch') AS quarter
        FROM broken CROSS JOIN LATERAL (VALUES ('total', ''), ('user', user_id)) AS slot (dimension, key)
    )
    UPDATE cost_rollup AS sums SET failed = 1
    FROM fallen
    WHERE sums.workspace_id = fallen.workspace_id AND sums.dimension = fallen.dimension AND sums.key = fallen.key
      AND sums.quarter > fallen.quarter - interval '1 day' AND sums.quarter <= fallen.quarter
      AND (sums.quarter = fallen.quarter OR sums.shard = 8)
"""
"""So many of 256 calls; the rollup says of each quarter or folded stretch that there was one."""


async def happen(connection: Any, failing: int = 3) -> None:
    """Make a week of asks and failures (of 256 calls so many) of a ledger that was generated."""
    await connection.execute(ASKS)
    await connection.execute(CHOICES)
    await connection.execute(FAILED, failing)
    for table in ("inbox", "choice"):
        await connection.execute(f"VACUUM (ANALYZE) {table}")
