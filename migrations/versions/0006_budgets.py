"""Budgets: limits, what each window has spent and holds, what is told about them, and who asked for more."""

from alembic import op

revision = "0006"
down_revision = "0005"

UP = (
    """
    CREATE TABLE budget (
        workspace_id UUID NOT NULL,
        scope TEXT NOT NULL,
        key TEXT NOT NULL,
        span TEXT NOT NULL,
        limit_usd NUMERIC(24, 12) NOT NULL,
        mode TEXT NOT NULL,
        set_by TEXT NOT NULL,
        set_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT budget_pkey PRIMARY KEY (workspace_id, scope, key, span),
        CONSTRAINT budget_scope_check CHECK (scope IN ('workspace', 'user', 'channel')),
        CONSTRAINT budget_span_check CHECK (span IN ('day', 'month')),
        CONSTRAINT budget_mode_check CHECK (mode IN ('soft', 'stop', 'step_down')),
        CONSTRAINT budget_limit_check CHECK (limit_usd > 0 AND limit_usd <> 'NaN')
    )
    """,
    """
    CREATE TABLE budget_spend (
        workspace_id UUID NOT NULL,
        scope TEXT NOT NULL,
        key TEXT NOT NULL,
        span TEXT NOT NULL,
        starts TIMESTAMP WITH TIME ZONE NOT NULL,
        ends TIMESTAMP WITH TIME ZONE NOT NULL,
        id UUID DEFAULT gen_random_uuid() NOT NULL,
        spent_usd NUMERIC(24, 12) DEFAULT '0' NOT NULL,
        reserved_usd NUMERIC(24, 12) DEFAULT '0' NOT NULL,
        overshot_usd NUMERIC(24, 12) DEFAULT '0' NOT NULL,
        CONSTRAINT budget_spend_pkey PRIMARY KEY (workspace_id, scope, key, span, starts),
        CONSTRAINT budget_spend_workspace_id_id_key UNIQUE (workspace_id, id)
    )
    """,
    """
    CREATE TABLE budget_notice (
        workspace_id UUID NOT NULL,
        key TEXT NOT NULL,
        kind TEXT NOT NULL,
        facts JSONB NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        leased_until TIMESTAMP WITH TIME ZONE,
        done_at TIMESTAMP WITH TIME ZONE,
        channel_id TEXT,
        ts TEXT,
        CONSTRAINT budget_notice_pkey PRIMARY KEY (workspace_id, key),
        CONSTRAINT budget_notice_kind_check CHECK (kind IN ('warning', 'request', 'outcome'))
    )
    """,
    "CREATE INDEX budget_notice_due_idx ON budget_notice (created_at) WHERE done_at IS NULL",
    """
    CREATE TABLE budget_request (
        workspace_id UUID NOT NULL,
        id UUID NOT NULL,
        scope TEXT NOT NULL,
        key TEXT NOT NULL,
        span TEXT NOT NULL,
        starts TIMESTAMP WITH TIME ZONE NOT NULL,
        limit_usd NUMERIC(24, 12) NOT NULL,
        asker TEXT NOT NULL,
        channel_id TEXT NOT NULL,
        thread_ts TEXT NOT NULL,
        proposed_usd NUMERIC(24, 12) NOT NULL,
        state TEXT DEFAULT 'waiting' NOT NULL,
        decided_by TEXT,
        decided_at TIMESTAMP WITH TIME ZONE,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT budget_request_pkey PRIMARY KEY (workspace_id, id),
        CONSTRAINT budget_request_once_key UNIQUE (workspace_id, scope, key, span, starts, limit_usd, asker),
        CONSTRAINT budget_request_state_check CHECK (state IN ('waiting', 'approved', 'denied'))
    )
    """,
    "ALTER TABLE cost_log ADD COLUMN held UUID[]",
    "ALTER TABLE reply_part ADD COLUMN actions JSONB",
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    op.execute("ALTER TABLE reply_part DROP COLUMN actions")
    op.execute("ALTER TABLE cost_log DROP COLUMN held")
    for table in ("budget_request", "budget_notice", "budget_spend", "budget"):
        op.execute(f"DROP TABLE {table}")
