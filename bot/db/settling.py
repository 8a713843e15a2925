"""How an attempt ends where no budget stands in the way: in one statement, with the answer that it gave."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from bot.db.cost_sql import FIGURES, INTO_ROLLUP, JSON, QUARTER, SLOTS, UNLESS_THERE, set_to
from bot.db.costs import OpenAttempt, Outcome, outcome_of
from bot.db.encryption import Cipher
from bot.db.inbox import MINE, Lease, prove
from bot.db.prepared import Prepared
from bot.db.replies import KEPT

SETTLE = Prepared(
    f"""
    WITH settled AS (
        UPDATE cost_log SET settled_at = clock_timestamp(), {set_to(":")}
        WHERE workspace_id = :workspace_id AND created_at = :created_at AND id = :id AND state = 'open' AND held IS NULL
        RETURNING cost_log.*
    ), rolled AS (
        {INTO_ROLLUP}
        SELECT workspace_id, {QUARTER}, slot.dimension, slot.key, slot.shard, {", ".join(FIGURES.values())}
        FROM settled AS row CROSS JOIN LATERAL (VALUES {SLOTS}) AS slot (dimension, key, shard)
        ORDER BY slot.dimension {UNLESS_THERE} RETURNING 1
    ), held AS (
        SELECT task_id FROM inbox WHERE {MINE} AND (SELECT count(*) FROM rolled) > 0 FOR UPDATE
    )
    {KEPT}
    SELECT (SELECT count(*) FROM settled) AS settled, (SELECT task_id FROM held) AS task_id
    """,
    JSON,
)
"""The row of the ledger is not fenced, the answer is. Locks are taken in the order in which two statements would: row,
rollup, ask.
"""


class SettlingStore:
    """The attempts of one workspace, and their answers."""

    def __init__(self, session: AsyncSession, workspace_id: UUID, cipher: Cipher) -> None:
        self._session, self._workspace_id, self._cipher = session, workspace_id, cipher

    async def settle(
        self, attempt: OpenAttempt, outcome: Outcome, lease: Lease | None = None, parts: Sequence[str] = ()
    ) -> bool:
        """Settle, fail or give up an open attempt as `costs.move` does, and keep the answer as `replies.store` does.

        False, and nothing is written, where the attempt is not open any more, or stands on a budget.
        Raises LeaseLost once the attempt is settled: then the answer was not kept.
        """
        values = outcome_of(self._workspace_id, attempt, outcome)
        values |= {"task_id": lease and lease.task_id, "lease_id": lease and lease.lease_id, "actions": None}
        values |= {"sealed": [self._cipher.seal(text) for text in parts]}
        row = await SETTLE.row(self._session, values)
        if row["settled"] and lease:
            prove(lease, row["task_id"])
        return bool(row["settled"])
