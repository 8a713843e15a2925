"""A ledger as three months of a thousand workspaces leave it behind, made inside the server."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from bot.db.cost_sql import FIGURES, ROLL_UP, SUMS
from bot.db.folding import FOLDED
from bot.db.partitions import partition_sql

WORKSPACES, WINDOW_DAYS = 1000, 90

DAY = (
    """
    WITH new AS (
        INSERT INTO cost_log (
            workspace_id, created_at, id, task_id, settled_at, purpose, tier, intent, attempt, requested_model,
            model, response_model, provider, deployment, provider_response_id, state, input_tokens, cached_input_tokens,
            output_tokens, usage_source, usage, reserved_usd, cost_usd, list_usd, baseline_usd,
            cache_saved_usd, cost_source, rates, price_book, baseline_model, user_id, channel_id, thread_ts, latency_ms)
        SELECT md5('workspace ' || place)::uuid, at, id, id, at + interval '2 s',
               purpose, tier, 'chat', 1, model, model, NULL, 'openai', model, 'chatcmpl-' || right(seed, 29), 'settled',
               input, input / 2, output, 'reported',
               format('{"prompt_tokens":%s,"completion_tokens":%s,"total_tokens":%s,"prompt_tokens_details":{"cached_tokens":%s}}',
                   input, output, input + output, input / 2)::json,
               0.0061125, input * 0.000001 * tier, input * 0.000001 * tier, input * 0.00001, input * 0.0000004, 'list',
               '{"input":"1","cached_input":"0.05","output":"5"}',
               '2026-11-24.1', 'anthropic/claude-sonnet-5-5', 'U0' || left(md5('user' || user_place), 9),
               'C0' || left(md5('channel' || user_place % (3 + 60 / place)), 9), extract(epoch FROM at)::numeric(16, 6)::text,
               900
        FROM (
            SELECT *, 1 + floor(power(dice, 2) * (5 + 500 / place))::int AS user_place,
                   (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || left(seed, 3)
                    || '8' || substr(seed, 4, 15))::uuid AS id,
                   CASE WHEN dice < 0.3 THEN 'classify' ELSE 'reply' END AS purpose,
                   CASE WHEN dice < 0.8 THEN 1 WHEN dice < 0.95 THEN 2 ELSE 3 END AS tier,
                   (ARRAY['gemini/gemini-3.1-flash-lite', 'openai/gpt-6.1-terra', 'anthropic/claude-sonnet-5-5'])
                       [CASE WHEN dice < 0.8 THEN 1 WHEN dice < 0.95 THEN 2 ELSE 3 END] AS model
            FROM (
                SELECT floor(power($3::float, random()))::int AS place, random() AS dice, md5($1::timestamptz::text || number) AS seed,
                       $1::timestamptz + interval '8 h' + interval '10 h' * number / $2 AS at,
                       (200 + random() * 4000)::int AS input, (20 + random() * 600)::int AS output
                FROM generate_series(1, $2::int) AS number
            ) AS drawn
        ) AS made
        RETURNING *
    ), old AS (SELECT * FROM cost_log WHERE false)
    """
    + ROLL_UP
)
"""One day of `$2` calls in working hours; the workspace in place n calls n times less than the first (Zipf)."""

ZONES = ("UTC", "Europe/Berlin", "Asia/Kathmandu", "America/St_Johns", "America/Los_Angeles")

PLACES = """
    WITH placed AS (
        INSERT INTO workspace (workspace_id, slack_id, zone)
        SELECT md5('workspace ' || place)::uuid, 'T' || place, ($2::text[])[1 + place % cardinality($2)]
        FROM generate_series(1, $1::int) AS place RETURNING workspace_id, zone
    )
    INSERT INTO rollup_cut (workspace_id, zones) SELECT workspace_id, ARRAY['UTC', zone] FROM placed
"""
"""Each workspace lives in a zone, and is read in it."""

FOLD_DAY = f"""
    WITH gone AS (
        DELETE FROM cost_rollup WHERE quarter >= $1 AND quarter < $1 + interval '1 day' AND shard < {FOLDED} RETURNING *
    )
    INSERT INTO cost_rollup (workspace_id, quarter, dimension, key, shard, {SUMS})
    SELECT workspace_id, greatest(date_trunc('day', quarter, 'UTC'), date_trunc('day', quarter, zone)), dimension, key,
           {FOLDED}, {", ".join(f"sum({name})" for name in FIGURES)}
    FROM gone JOIN workspace USING (workspace_id) GROUP BY 1, 2, 3, 4
"""
"""What `bot.db.folding` leaves behind of a day, for all workspaces at once."""

PARTITIONS = "SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'cost_log'::regclass"


async def generate(connection: Any, rows: int, say: Callable[[str], None], *, folded: bool = False) -> None:
    """`rows` calls on the working days of the window that ends today, rolled up by the ledger's own statement.

    `folded`: days are folded when they are over, as a running Lucy does, but for the last one, which is left to her.
    """
    days = list(working_days())
    for day in days:
        for statement in partition_sql(day.replace(day=1)):
            await connection.execute(statement)
    for table in [*await connection.fetch(PARTITIONS), {"name": "cost_rollup"}]:
        await connection.execute(f"ALTER TABLE {table['name']} SET UNLOGGED")
    await connection.execute("SET synchronous_commit = off; SET work_mem = '128MB'; SET jit = off")
    await connection.execute(PLACES, WORKSPACES, ZONES)
    began = time.perf_counter()
    for number, day in enumerate(days, start=1):
        await connection.fetchval(DAY, midnight(day), rows // len(days), WORKSPACES)
        if folded and number > 2:
            await connection.execute(FOLD_DAY, midnight(days[number - 3]))
            await connection.execute("VACUUM cost_rollup")
        if number % 8 == 0 or number == len(days):
            say(f"{rows * number // len(days):,} of {rows:,} rows after {time.perf_counter() - began:.0f} s")
    await connection.execute("VACUUM (ANALYZE) cost_log")
    await connection.execute("VACUUM (ANALYZE) cost_rollup")


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def working_days() -> Iterator[date]:
    """Five of each seven days, the oldest first; today is a fifth one, so that a digest has a yesterday on any day."""
    today = datetime.now(UTC).date()
    for ago in range(WINDOW_DAYS - 1, -1, -1):
        if ago % 7 < 5:
            yield today - timedelta(days=ago)
