"""The statements of the ledger: one opens a row; one moves it and, only if it moved, the rollup with it.

Every statement names its workspace as a constant, so that a sharded database sends it to one shard, and its
`created_at`, so that one partition is looked at.
"""

from __future__ import annotations

from sqlalchemy import Uuid, text

from bot.db.budget_sql import APPLYING
from bot.db.inbox import MINE
from bot.db.prepared import Prepared

FIGURES = {
    "calls": "1",
    "fallbacks": "(state = 'settled' AND attempt > 1)::int",
    "failed": "(state = 'failed')::int",
    "unpriced": "(cost_source IS NOT DISTINCT FROM 'unpriced')::int",
    "unknown": "(state = 'unknown')::int",
    "estimated": "(usage_source = 'estimated')::int",
    "diverged": "('price_diverges' = ANY(coalesce(flags, '{}')))::int",
    "input_tokens": "input_tokens",
    "cached_input_tokens": "cached_input_tokens",
    "output_tokens": "output_tokens",
    "cost_usd": "CASE WHEN usage_source <> 'estimated' THEN coalesce(cost_usd, 0) ELSE 0 END",
    "estimated_usd": "CASE WHEN usage_source = 'estimated' THEN coalesce(cost_usd, 0) ELSE 0 END",
    "unknown_reserved_usd": "CASE WHEN state = 'unknown' THEN coalesce(reserved_usd, 0) ELSE 0 END",
    "baseline_usd": "coalesce(baseline_usd, 0)",
    "cache_saved_usd": "coalesce(cache_saved_usd, 0)",
}
"""What a row that is not open adds to every figure of the rollup."""

SLOTS = """
    ('total', '', ('x' || right(row.id::text, 1))::bit(4)::int & 7), ('model', row.model, 0),
    ('tier', row.tier::text, 0), ('user', row.user_id, 0), ('channel', row.channel_id, 0),
    ('purpose', row.purpose, 0), ('user_model', row.user_id || '|' || row.model, 0)
"""
"""Where it adds them: dimension, key, shard."""

SUMS = ", ".join(FIGURES)
ADD = ", ".join(f"{name} = present.{name} + excluded.{name}" for name in FIGURES)
QUARTER = "date_bin('15 minutes', row.created_at, 'epoch'::timestamptz)"
INTO_ROLLUP = f"INSERT INTO cost_rollup AS present (workspace_id, quarter, dimension, key, shard, {SUMS})"
UNLESS_THERE = f"ON CONFLICT (workspace_id, dimension, quarter, key, shard) DO UPDATE SET {ADD}"
"""Rows of the rollup are always locked in the order of quarter, dimension, key and shard."""

ROLL_UP = f"""
, contribution AS (
    SELECT 1 AS sign, new.* FROM new UNION ALL SELECT -1, old.* FROM old JOIN new USING (workspace_id, created_at, id)
    WHERE old.state <> 'open'
), delta AS (
    SELECT row.workspace_id, {QUARTER} AS quarter, slot.dimension, slot.key, slot.shard,
           {", ".join(f"sum(sign * ({figure})) AS {name}" for name, figure in FIGURES.items())}
    FROM contribution AS row CROSS JOIN LATERAL (VALUES {SLOTS}) AS slot (dimension, key, shard)
    GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
), rolled AS (
    {INTO_ROLLUP} SELECT workspace_id, quarter, dimension, key, shard, {SUMS} FROM delta {UNLESS_THERE}
)
SELECT count(*) AS moved, jsonb_agg(jsonb_build_object(
    'held', new.held,
    'released_usd', (CASE WHEN old.state IN ('open', 'unknown') AND new.state NOT IN ('open', 'unknown')
                     THEN coalesce(old.reserved_usd, 0) ELSE 0 END)::text,
    'spent_usd', (coalesce(new.cost_usd, 0) - coalesce(old.cost_usd, 0))::text,
    'overshot_usd', (coalesce(greatest(new.cost_usd - new.reserved_usd, 0), 0)
                     - coalesce(greatest(old.cost_usd - old.reserved_usd, 0), 0))::text
)) FILTER (WHERE new.held IS NOT NULL) AS budgeted
FROM new JOIN old USING (workspace_id, created_at, id)
"""
"""The rollup moves by the difference; how many rows moved, and what that means to the budgets they stand on."""

_OUTCOME = {
    "state": "text", "error_class": "text", "model": "text", "response_model": "text", "provider_response_id": "text",
    "input_tokens": "int", "cached_input_tokens": "int", "cache_write_tokens": "int", "cache_write_1h_tokens": "int",
    "output_tokens": "int", "reasoning_tokens": "int", "service_tier": "text", "usage_source": "text", "usage": "json",
    "cost_usd": "numeric", "list_usd": "numeric", "reported_usd": "numeric", "baseline_usd": "numeric",
    "cache_saved_usd": "numeric", "cost_source": "text", "rates": "json", "flags": "text",
    "latency_ms": "int", "first_token_ms": "int",
}  # fmt: skip

OUTCOME_FIELDS = tuple(_OUTCOME)

JSON = frozenset({"rates", "usage"})
_SPECIAL = {"rates": "coalesce({}, cost_log.rates)", "cache_write_1h_tokens": "nullif({}, 0)"}
"""What keeps what it had; what is seldom there, and then takes no room."""


def set_to(place: str) -> str:
    """Every field of an outcome, from its place in the statement: `:name`, or a column. Nothing expires any more."""
    return "expires_at = NULL, " + ", ".join(
        f"{name} = {_SPECIAL.get(name, '{}').format(place + name)}" for name in _OUTCOME
    )


ATTEMPT_FIELDS = (
    "id", "task_id", "purpose", "tier", "intent", "attempt", "requested_model", "provider", "deployment", "reserved_usd",
    "rates", "price_book", "baseline_model", "user_id", "channel_id", "thread_ts", "streamed",
)  # fmt: skip

_OPEN = f"""
    INSERT INTO cost_log (workspace_id, created_at, expires_at, model, held, {", ".join(ATTEMPT_FIELDS)})
    SELECT :workspace_id, coalesce(:created_at, now()), now() + make_interval(secs => :lifetime_s), :model, :held,
           {", ".join(f":{name}" for name in ATTEMPT_FIELDS)}
    WHERE (:lease_id::uuid IS NULL OR EXISTS (SELECT FROM inbox WHERE {MINE}))
"""
OPEN = Prepared(f"{_OPEN} RETURNING created_at", JSON)
"""A row for a request that is about to leave; none when it would leave under a lease that is gone."""

OPEN_FREE = Prepared(
    f"""
    {_OPEN} AND NOT EXISTS (
        SELECT FROM budget WHERE workspace_id = :workspace_id AND (scope, key) IN {APPLYING})
    RETURNING created_at
    """,
    JSON,
)
"""The same where no budget applies; none where one does."""


TRANSITION = Prepared(
    f"""
    WITH old AS (
        SELECT * FROM cost_log
        WHERE workspace_id = :workspace_id AND created_at = :created_at AND id = :id
          AND (state = ANY(:allowed) OR usage_source = ANY(:allowed))
        FOR UPDATE
    ), new AS (
        UPDATE cost_log SET settled_at = clock_timestamp(), {set_to(":")}
        FROM old
        WHERE cost_log.workspace_id = :workspace_id AND cost_log.created_at = :created_at AND cost_log.id = old.id
        RETURNING cost_log.*
    )
    """
    + ROLL_UP,
    JSON,
)
"""One row leaves its state, if that or the source of its usage is one of `allowed`; the rollup moves by the difference."""

REPLAY = Prepared(
    f"""
    WITH late AS (
        SELECT created_at, id, {", ".join(name if name != "flags" else "flags::text[]" for name in OUTCOME_FIELDS)}
        FROM unnest(:created_at::timestamptz[], :id::uuid[], {", ".join(f":{name}::{kind}[]" for name, kind in _OUTCOME.items())})
        AS late (created_at, id, {", ".join(OUTCOME_FIELDS)})
    ), old AS (
        SELECT cost_log.* FROM cost_log JOIN late USING (created_at, id)
        WHERE cost_log.workspace_id = :workspace_id AND cost_log.created_at BETWEEN :first AND :last
          AND (cost_log.state = 'open' OR cost_log.state = 'unknown' AND late.state <> 'unknown'
               OR cost_log.usage_source = 'estimated' AND late.usage_source = 'reported')
        ORDER BY created_at, id FOR UPDATE OF cost_log
    ), new AS (
        UPDATE cost_log SET settled_at = clock_timestamp(), {set_to("late.")}
        FROM old JOIN late USING (created_at, id)
        WHERE cost_log.workspace_id = :workspace_id AND cost_log.created_at = old.created_at
          AND cost_log.created_at BETWEEN :first AND :last AND cost_log.id = old.id
        RETURNING cost_log.*
    )
    """
    + ROLL_UP,
    JSON,
)
"""Many rows of one workspace move at once, each by the rules of TRANSITION; a row moves once however often it is told.

An array of arrays would be unnested whole: each row's flags come as PostgreSQL writes an array, `{a,b}`.
"""

KNOWN = Prepared(
    "SELECT array_agg(id) FROM cost_log WHERE workspace_id = :workspace_id AND created_at BETWEEN :first AND :last"
    " AND id = ANY(:id)"
)
"""Which of some attempts have a row."""

SWEEP = Prepared(
    """
    WITH old AS (
        SELECT * FROM cost_log WHERE workspace_id = :workspace_id AND state = 'open' AND expires_at < now()
        ORDER BY created_at, id FOR UPDATE SKIP LOCKED
    ), new AS (
        UPDATE cost_log SET settled_at = clock_timestamp(), state = 'unknown', error_class = 'expired'
        FROM old
        WHERE cost_log.workspace_id = :workspace_id AND cost_log.created_at = old.created_at
          AND cost_log.id = old.id
        RETURNING cost_log.*
    )
    """
    + ROLL_UP
)
"""A workspace's open rows whose time is over become `unknown`; their reserve stands."""

EXPIRED_WORKSPACES = text(
    "SELECT DISTINCT workspace_id FROM cost_log WHERE state = 'open' AND expires_at < now() ORDER BY workspace_id"
).columns(workspace_id=Uuid)
