"""The statements of budgets. Counters are always locked in the order scope, key, span, starts: nothing can deadlock.

A counter belongs to one window of one budget; the window is a local day or month, cut in the workspace's zone.
A row of the ledger remembers in `held` which counters its reserve stands on, so that settling moves exactly those.
"""

from __future__ import annotations

from sqlalchemy import ARRAY, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP

from bot.db.prepared import Prepared

_WORKSPACE = bindparam("workspace_id", type_=Uuid)
_AT = bindparam("at", type_=TIMESTAMP(timezone=True))

_ZONED = """
zoned AS (
    SELECT coalesce(
        (SELECT zone FROM workspace WHERE workspace_id = :workspace_id),
        (SELECT zone FROM digest_setting WHERE workspace_id = :workspace_id AND enabled ORDER BY kind LIMIT 1),
        'UTC') AS zone
)"""

_STARTS = "date_trunc(span, coalesce(:at, now()) AT TIME ZONE zone)"
_WINDOW = f"""
    {_STARTS} AT TIME ZONE zone AS starts,
    ({_STARTS} + ('1 ' || span)::interval) AT TIME ZONE zone AS ends"""

ZONE = text(f"WITH {_ZONED} SELECT zone FROM zoned").bindparams(_WORKSPACE)

KNOWS_ZONE = text("SELECT EXISTS (SELECT FROM pg_timezone_names WHERE name = :zone)")

APPLYING = "(('workspace', ''), ('user', :user_id), ('channel', :channel_id))"
"""Scope and key of the budgets that a call stands on."""

RESERVE = Prepared(
    f"""
    WITH applying AS (
        SELECT scope, key, span, limit_usd, mode, set_by FROM budget
        WHERE workspace_id = :workspace_id AND (scope, key) IN {APPLYING}
    ), {_ZONED}, reserved AS (
        INSERT INTO budget_spend AS present (workspace_id, scope, key, span, starts, ends, reserved_usd)
        SELECT :workspace_id, scope, key, span, {_WINDOW}, coalesce(:reserve_usd::numeric, 0)
        FROM applying CROSS JOIN zoned ORDER BY scope, key, span
        ON CONFLICT (workspace_id, scope, key, span, starts)
        DO UPDATE SET reserved_usd = present.reserved_usd + excluded.reserved_usd
        RETURNING id, scope, key, span, starts, ends, spent_usd, reserved_usd
    )
    SELECT reserved.*, limit_usd, mode, set_by, zone
    FROM reserved JOIN applying USING (scope, key, span) CROSS JOIN zoned ORDER BY scope, key, span
    """
)
"""Put a reserve on every budget that applies; the sums it returns say whether it fits. Not fitting: roll back."""

RELEASE = text(
    """
    WITH change AS (
        SELECT counter.id, sum(released_usd) AS released_usd, sum(spent_usd) AS spent_usd, sum(overshot_usd) AS overshot_usd
        FROM jsonb_to_recordset(:moves) AS move (
            held uuid[], released_usd numeric, spent_usd numeric, overshot_usd numeric)
        CROSS JOIN LATERAL unnest(move.held) AS counter (id) GROUP BY counter.id
    ), locked AS (
        SELECT id FROM budget_spend
        WHERE workspace_id = :workspace_id AND id = ANY (ARRAY(SELECT id FROM change))
        ORDER BY scope, key, span, starts FOR UPDATE
    ), moved AS (
        UPDATE budget_spend AS counter
        SET reserved_usd = counter.reserved_usd - change.released_usd, spent_usd = counter.spent_usd + change.spent_usd,
            overshot_usd = counter.overshot_usd + change.overshot_usd
        FROM locked JOIN change USING (id)
        WHERE counter.workspace_id = :workspace_id AND counter.id = locked.id
        RETURNING counter.scope, counter.key, counter.span, counter.starts, counter.ends, counter.spent_usd
    )
    INSERT INTO budget_notice (workspace_id, key, kind, facts)
    SELECT :workspace_id, concat_ws(':', 'warning', scope, key, span, extract(epoch FROM starts)::bigint, level),
           'warning', jsonb_build_object('scope', scope, 'key', key, 'span', span, 'starts', starts, 'level', level)
    FROM moved JOIN budget USING (scope, key, span) CROSS JOIN (VALUES (50), (80), (100)) AS levels (level)
    WHERE budget.workspace_id = :workspace_id AND spent_usd >= limit_usd * level / 100 AND (mode = 'soft' OR level = 80)
    ON CONFLICT (workspace_id, key) DO NOTHING
    """
).bindparams(_WORKSPACE, bindparam("moves", type_=JSONB))
"""Rows were settled, restated or repriced: what each released and spent moves on the counters it stands on; levels
that are reached are noted once per window."""

STANDINGS = text(
    f"""
    WITH {_ZONED}, windows AS (
        SELECT budget.*, zone, {_WINDOW} FROM budget CROSS JOIN zoned WHERE workspace_id = :workspace_id
    )
    SELECT windows.scope, windows.key, windows.span, limit_usd, mode, set_by, zone, windows.starts, windows.ends,
           coalesce(spent_usd, 0) AS spent_usd, coalesce(reserved_usd, 0) AS reserved_usd
    FROM windows LEFT JOIN budget_spend AS counter
      ON counter.workspace_id = :workspace_id AND counter.scope = windows.scope AND counter.key = windows.key
     AND counter.span = windows.span AND counter.starts = windows.starts
    ORDER BY CASE windows.scope WHEN 'workspace' THEN 0 WHEN 'channel' THEN 1 ELSE 2 END, windows.key, windows.span
    """
).bindparams(_WORKSPACE, _AT)
"""Every budget of a workspace in its present window."""

_MAY_CHANGE = "(state IN ('open', 'unknown') OR usage_source = 'estimated' OR cost_source = 'unpriced')"

LOCK_OPEN_ROWS = text(
    f"""
    WITH {_ZONED}, since AS (SELECT {_WINDOW} FROM zoned CROSS JOIN (VALUES ('month'), ('day')) AS spans (span))
    SELECT id FROM cost_log
    WHERE workspace_id = :workspace_id AND created_at >= (SELECT min(starts) FROM since) AND {_MAY_CHANGE}
    ORDER BY created_at, id FOR UPDATE
    """
).bindparams(_WORKSPACE, _AT)
"""Before counting anew: whatever is being settled is finished first, and nothing is settled until we are done."""

LOCK_COUNTERS = text(
    f"""
    WITH {_ZONED}
    INSERT INTO budget_spend (workspace_id, scope, key, span, starts, ends)
    SELECT workspace_id, scope, key, span, {_WINDOW} FROM budget CROSS JOIN zoned
    WHERE workspace_id = :workspace_id ORDER BY scope, key, span
    ON CONFLICT (workspace_id, scope, key, span, starts) DO UPDATE SET ends = excluded.ends
    RETURNING id
    """
).bindparams(_WORKSPACE, _AT)

_MATCHES = (
    "(counter.scope = 'workspace' OR counter.scope = 'user' AND row.user_id = counter.key"
    " OR counter.scope = 'channel' AND row.channel_id = counter.key)"
)

HOLD_OPEN_ROWS = text(
    f"""
    UPDATE cost_log AS row SET held = counters.ids
    FROM (
        SELECT row.created_at, row.id, array_agg(DISTINCT each.id) AS ids
        FROM cost_log AS row
        JOIN budget_spend AS counter ON counter.workspace_id = row.workspace_id AND counter.id = ANY (:counters)
         AND row.created_at >= counter.starts AND row.created_at < counter.ends AND {_MATCHES}
        CROSS JOIN LATERAL unnest(array_append(row.held, counter.id)) AS each (id)
        WHERE row.workspace_id = :workspace_id AND row.id = ANY (:rows)
        GROUP BY 1, 2
    ) AS counters
    WHERE row.workspace_id = :workspace_id AND row.created_at = counters.created_at AND row.id = counters.id
    """
).bindparams(
    _WORKSPACE, bindparam("counters", type_=ARRAY(Uuid)), bindparam("rows", type_=ARRAY(Uuid))
)  # fmt: skip
"""Calls that were under way before a budget stand on it too, and those that may be restated or priced later."""

COUNT = text(
    f"""
    UPDATE budget_spend AS counter
    SET spent_usd = (
            SELECT coalesce(sum(cost_usd + estimated_usd), 0) FROM cost_rollup AS sums
            WHERE sums.workspace_id = :workspace_id AND sums.quarter >= days.first AND sums.quarter < days.last
              AND sums.dimension = CASE counter.scope WHEN 'workspace' THEN 'total' ELSE counter.scope END
              AND sums.key = counter.key
        ) + (
            SELECT coalesce(sum(row.cost_usd), 0)
            FROM (VALUES (days.starts, least(days.first, days.ends)), (greatest(days.first, days.last), days.ends))
                 AS edge (begins, ends)
            JOIN cost_log AS row ON row.workspace_id = :workspace_id AND row.created_at >= edge.begins
             AND row.created_at < edge.ends AND row.state <> 'open' AND {_MATCHES}),
        reserved_usd = (
            SELECT coalesce(sum(row.reserved_usd), 0) FROM cost_log AS row
            WHERE row.workspace_id = :workspace_id AND row.created_at >= counter.starts
              AND row.created_at < counter.ends AND row.state IN ('open', 'unknown') AND counter.id = ANY (row.held))
    FROM (
        SELECT id, starts, ends, date_bin('1 day', starts + interval '1 day' - interval '1 microsecond', 'epoch') AS first,
               date_bin('1 day', ends, 'epoch') AS last
        FROM budget_spend WHERE workspace_id = :workspace_id
    ) AS days
    WHERE counter.workspace_id = :workspace_id AND counter.id = ANY (:counters) AND days.id = counter.id
    """
).bindparams(_WORKSPACE, bindparam("counters", type_=ARRAY(Uuid)))
"""A window that began before its budget starts from what the ledger already spent in it and still holds.

The rollup is cut at the midnights of UTC in any case; of other zones perhaps only soon: there the rows are asked.
"""
