"""Claiming on a sharded database: see without a lock which workspaces have work, then lock inside one of them.

Citus refuses SKIP LOCKED across shards; a claim of one statement over all workspaces is faster where it is allowed.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from bot.db.prepared import Prepared
from bot.db.workspaces import SERVED

_CANDIDATES = 200
_READY = """
    ask.state IN ('new', 'leased') AND ask.run_at <= now()
    AND strpos(:busy, ' ' || ask.workspace_id || ask.user_id || ' ') < 1 AND NOT EXISTS (
        SELECT 1 FROM inbox AS other
        WHERE other.workspace_id = {workspace} AND other.channel_id = ask.channel_id
          AND other.thread_ts = ask.thread_ts AND other.task_id <> ask.task_id
          AND (other.state = 'leased' OR other.state = 'new' AND other.ts < ask.ts))
"""

READY = Prepared(
    f"""
    SELECT DISTINCT workspace_id FROM inbox AS ask
    WHERE strpos(:full, ask.workspace_id::text) < 1 AND {_READY.format(workspace="ask.workspace_id")} LIMIT :most
    """
)
"""Workspaces with an ask whose turn it is, and room on the desk; every shard is asked, nothing is locked."""

CLAIM_INSIDE = Prepared(
    f"""
    WITH taken AS (
        UPDATE inbox SET state = 'leased', lease_id = :lease_id, worker = :worker, attempts = attempts + 1,
                         run_at = now() + make_interval(secs => :lease_s)
        WHERE workspace_id = :workspace_id AND task_id = ANY(ARRAY(
            SELECT ask.task_id FROM inbox AS ask
            WHERE ask.workspace_id = :workspace_id AND {_READY.format(workspace=":workspace_id")}
            ORDER BY ask.run_at, ask.ts LIMIT 1 FOR UPDATE SKIP LOCKED))
        RETURNING workspace_id, task_id, channel_id, channel_type, thread_ts, ts, user_id, sealed_text, attempts, created_at,
                  created_at < now() - interval '1 minute' AS old, user_team, question_ts, stop_by
    )
    SELECT taken.*, coalesce((SELECT {SERVED} FROM workspace WHERE workspace_id = :workspace_id), false) AS served
    FROM taken
    """
)
"""One ready ask of one workspace: one shard."""


async def claim_sharded(session: AsyncSession, values: Mapping[str, object]) -> Mapping[str, Any] | None:
    """The row of an ask that is now ours. Workspaces come up by chance: one with many asks has one turn like any other."""
    ready = [row["workspace_id"] for row in await READY.rows(session, {**values, "most": _CANDIDATES})]
    secrets.SystemRandom().shuffle(ready)
    for workspace_id in ready:
        row: Mapping[str, Any] | None = await CLAIM_INSIDE.row(session, {**values, "workspace_id": workspace_id})
        if row is not None:
            return row
    return None
