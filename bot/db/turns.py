"""Whose ask is taken next: every workspace in turn, in each the oldest ask whose thread is free."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from bot.db.prepared import UNAWAITED, Prepared
from bot.db.workspaces import SERVED

NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Turn:
    """The workspace that was served last, those that have their share in work, and people who have theirs."""

    after: UUID = NOBODY
    full: tuple[UUID, ...] = ()
    busy: tuple[tuple[UUID, str], ...] = ()

    @property
    def asked(self) -> dict[str, object]:
        """As CLAIM takes it. Texts, not arrays: a plan that is made once then looks no worse than one for each turn."""
        full = " ".join(map(str, self.full))
        busy = "".join(f" {workspace_id}{user_id} " for workspace_id, user_id in self.busy)
        return {"after": self.after, "full": full, "busy": busy}


ANYBODY = Turn()

CLAIM = Prepared(
    f"""
    WITH RECURSIVE place AS (
        SELECT :after::uuid AS workspace_id, 0 AS lap, 0 AS step
        UNION ALL
        SELECT next.workspace_id, next.lap, step + 1 FROM place CROSS JOIN LATERAL (
            (SELECT workspace_id, place.lap FROM inbox
             WHERE state IN ('new', 'leased') AND workspace_id > place.workspace_id
             ORDER BY workspace_id, run_at, ts LIMIT 1)
            UNION ALL
            (SELECT workspace_id, 1 FROM inbox
             WHERE state IN ('new', 'leased') AND place.lap = 0 ORDER BY workspace_id, run_at, ts LIMIT 1)
            LIMIT 1) AS next (workspace_id, lap)
        WHERE place.lap = 0 OR next.workspace_id <= :after),
    turn AS (
        SELECT ready.workspace_id, ready.task_id FROM place CROSS JOIN LATERAL (
            SELECT workspace_id, task_id FROM inbox AS ask
            WHERE workspace_id = place.workspace_id AND state IN ('new', 'leased') AND run_at <= now()
              AND strpos(:busy, ' ' || workspace_id || user_id || ' ') < 1
              AND coalesce((SELECT false FROM inbox AS other
                   WHERE other.workspace_id = ask.workspace_id AND other.channel_id = ask.channel_id
                     AND other.thread_ts = ask.thread_ts AND other.task_id <> ask.task_id
                     AND (other.state = 'leased' OR other.state = 'new' AND other.ts < ask.ts) LIMIT 1), true)
            ORDER BY run_at, ts LIMIT 1 FOR UPDATE SKIP LOCKED) AS ready
        WHERE step > 0 AND strpos(:full, place.workspace_id::text) < 1 LIMIT 1)
    UPDATE inbox SET state = 'leased', lease_id = :lease_id, worker = :worker, attempts = attempts + 1,
                     run_at = now() + make_interval(secs => :lease_s::float8)
    FROM turn WHERE inbox.workspace_id = turn.workspace_id AND inbox.task_id = turn.task_id AND {UNAWAITED}
    RETURNING inbox.workspace_id, inbox.task_id, channel_id, channel_type, thread_ts, ts, user_id, sealed_text, attempts,
              created_at, created_at < now() - interval '1 minute' AS old, user_team, question_ts, stop_by,
              coalesce((SELECT {SERVED} FROM workspace WHERE workspace.workspace_id = inbox.workspace_id), false) AS served
    """
)
"""One ready ask; never one whose thread has an ask in work or an older one waiting.

`place` walks round the workspaces that have asks, by the index, from the one served last, and no further than to the first
with a ready one: what one workspace has waiting costs the others nothing. A claim that a crash of PostgreSQL undoes is no
harm: nothing is paid or said under it but with a commit that is waited for, and that comes later.
"""
