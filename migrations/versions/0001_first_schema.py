"""The first schema: workspaces, inbox, replies, choices, digests, and a ledger partitioned by month."""

from datetime import UTC, datetime

from alembic import op

from bot.db.partitions import month_after, partition_sql

revision = "0001"
down_revision = None

SCHEMA = """
CREATE TABLE choice (
    workspace_id UUID NOT NULL,
    task_id UUID NOT NULL,
    channel_id TEXT NOT NULL,
    thread_ts TEXT NOT NULL,
    user_id TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    tier SMALLINT NOT NULL,
    intent TEXT NOT NULL,
    confidence FLOAT NOT NULL,
    score FLOAT,
    decided_by TEXT NOT NULL,
    reason TEXT NOT NULL,
    micros FLOAT NOT NULL,
    CONSTRAINT choice_pkey PRIMARY KEY (workspace_id, task_id)
);
CREATE INDEX choice_thread_idx ON choice (workspace_id, channel_id, thread_ts, created_at);
CREATE TABLE cost_log (
    workspace_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    id UUID NOT NULL,
    task_id UUID NOT NULL,
    settled_at TIMESTAMP WITH TIME ZONE,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    purpose TEXT NOT NULL,
    tier SMALLINT NOT NULL,
    intent TEXT,
    attempt SMALLINT NOT NULL,
    requested_model TEXT NOT NULL,
    model TEXT NOT NULL,
    response_model TEXT,
    provider TEXT NOT NULL,
    deployment TEXT NOT NULL,
    provider_response_id TEXT,
    state TEXT DEFAULT 'open' NOT NULL,
    error_class TEXT,
    input_tokens INTEGER DEFAULT '0' NOT NULL,
    cached_input_tokens INTEGER DEFAULT '0' NOT NULL,
    cache_write_tokens INTEGER DEFAULT '0' NOT NULL,
    cache_write_1h_tokens INTEGER DEFAULT '0' NOT NULL,
    output_tokens INTEGER DEFAULT '0' NOT NULL,
    reasoning_tokens INTEGER DEFAULT '0' NOT NULL,
    service_tier TEXT,
    usage_source TEXT DEFAULT 'none' NOT NULL,
    usage JSONB,
    reserved_usd NUMERIC(24, 12),
    cost_usd NUMERIC(24, 12),
    list_usd NUMERIC(24, 12),
    reported_usd NUMERIC(24, 12),
    baseline_usd NUMERIC(24, 12),
    cost_source TEXT,
    rates JSONB,
    price_book TEXT NOT NULL,
    baseline_model TEXT NOT NULL,
    user_id TEXT NOT NULL,
    channel_id TEXT NOT NULL,
    thread_ts TEXT NOT NULL,
    latency_ms INTEGER,
    first_token_ms INTEGER,
    streamed BOOLEAN DEFAULT 'false' NOT NULL,
    CONSTRAINT cost_log_pkey PRIMARY KEY (workspace_id, created_at, id),
    CONSTRAINT cost_log_state_check CHECK (state IN ('open', 'settled', 'failed', 'unknown')),
    CONSTRAINT cost_log_usage_source_check CHECK (usage_source IN ('reported', 'estimated', 'none')),
    CONSTRAINT cost_log_cost_source_check CHECK (cost_source IN ('provider', 'list', 'config', 'cache', 'unpriced')),
    CONSTRAINT cost_log_settled_is_priced_check CHECK (state <> 'settled' OR cost_usd IS NOT NULL OR cost_source = 'unpriced'),
    CONSTRAINT cost_log_failed_without_usage_is_free_check CHECK (state <> 'failed' OR usage_source <> 'none' OR cost_usd = 0),
    CONSTRAINT cost_log_cost_check CHECK (cost_usd >= 0 AND cost_usd <> 'NaN'),
    CONSTRAINT cost_log_reserve_check CHECK (reserved_usd >= 0 AND reserved_usd <> 'NaN'),
    CONSTRAINT cost_log_tokens_check CHECK (
        cached_input_tokens >= 0 AND cached_input_tokens + cache_write_tokens <= input_tokens AND
        cache_write_1h_tokens BETWEEN 0 AND cache_write_tokens AND reasoning_tokens BETWEEN 0 AND output_tokens)
)
 PARTITION BY RANGE (created_at);
CREATE INDEX cost_log_created_brin ON cost_log USING brin (created_at);
CREATE INDEX cost_log_open_idx ON cost_log (expires_at) WHERE state = 'open';
CREATE INDEX cost_log_task_idx ON cost_log (workspace_id, task_id);
CREATE TABLE cost_rollup (
    workspace_id UUID NOT NULL,
    quarter TIMESTAMP WITH TIME ZONE NOT NULL,
    dimension TEXT NOT NULL,
    key TEXT NOT NULL,
    shard SMALLINT NOT NULL,
    calls BIGINT DEFAULT '0' NOT NULL,
    fallbacks BIGINT DEFAULT '0' NOT NULL,
    failed BIGINT DEFAULT '0' NOT NULL,
    unpriced BIGINT DEFAULT '0' NOT NULL,
    unknown BIGINT DEFAULT '0' NOT NULL,
    input_tokens BIGINT DEFAULT '0' NOT NULL,
    cached_input_tokens BIGINT DEFAULT '0' NOT NULL,
    output_tokens BIGINT DEFAULT '0' NOT NULL,
    cost_usd NUMERIC(24, 12) DEFAULT '0' NOT NULL,
    estimated_usd NUMERIC(24, 12) DEFAULT '0' NOT NULL,
    unknown_reserved_usd NUMERIC(24, 12) DEFAULT '0' NOT NULL,
    baseline_usd NUMERIC(24, 12) DEFAULT '0' NOT NULL,
    CONSTRAINT cost_rollup_pkey PRIMARY KEY (workspace_id, quarter, dimension, key, shard)
);
CREATE TABLE digest_run (
    workspace_id UUID NOT NULL,
    kind TEXT NOT NULL,
    local_date DATE NOT NULL,
    state TEXT DEFAULT 'leased' NOT NULL,
    lease_id UUID NOT NULL,
    leased_until TIMESTAMP WITH TIME ZONE NOT NULL,
    intent_at TIMESTAMP WITH TIME ZONE,
    channel_id TEXT NOT NULL,
    ts TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT digest_run_pkey PRIMARY KEY (workspace_id, kind, local_date)
);
CREATE TABLE digest_setting (
    workspace_id UUID NOT NULL,
    kind TEXT NOT NULL,
    channel_id TEXT NOT NULL,
    at TIME WITHOUT TIME ZONE NOT NULL,
    zone TEXT NOT NULL,
    set_by TEXT NOT NULL,
    enabled BOOLEAN DEFAULT 'true' NOT NULL,
    set_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT digest_setting_pkey PRIMARY KEY (workspace_id, kind)
);
CREATE TABLE inbox (
    workspace_id UUID NOT NULL,
    task_id UUID NOT NULL,
    event_id TEXT NOT NULL,
    channel_id TEXT NOT NULL,
    channel_type TEXT NOT NULL,
    thread_ts TEXT NOT NULL,
    ts TEXT NOT NULL,
    user_id TEXT NOT NULL,
    sealed_text BYTEA,
    state TEXT DEFAULT 'new' NOT NULL,
    attempts SMALLINT DEFAULT '0' NOT NULL,
    run_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    lease_id UUID,
    worker TEXT,
    outcome TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    done_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT inbox_pkey PRIMARY KEY (workspace_id, task_id),
    CONSTRAINT inbox_workspace_id_event_id_key UNIQUE (workspace_id, event_id),
    CONSTRAINT inbox_workspace_id_channel_id_ts_key UNIQUE (workspace_id, channel_id, ts),
    CONSTRAINT inbox_state_check CHECK (state IN ('new', 'leased', 'done', 'dead'))
);
CREATE UNIQUE INDEX inbox_one_per_thread_idx ON inbox (workspace_id, channel_id, thread_ts) WHERE state = 'leased';
CREATE INDEX inbox_ready_idx ON inbox (run_at) WHERE state IN ('new', 'leased');
CREATE INDEX inbox_thread_idx ON inbox (workspace_id, channel_id, thread_ts, ts) WHERE state IN ('new', 'leased');
CREATE TABLE installation (
    workspace_id UUID NOT NULL,
    sealed_bot_token BYTEA NOT NULL,
    bot_id TEXT NOT NULL,
    bot_user_id TEXT NOT NULL,
    team_id TEXT,
    enterprise_id TEXT,
    scopes TEXT NOT NULL,
    installed_by TEXT NOT NULL,
    installed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT installation_pkey PRIMARY KEY (workspace_id)
);
CREATE TABLE oauth_state (
    state TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT oauth_state_pkey PRIMARY KEY (state)
);
CREATE TABLE reply_part (
    workspace_id UUID NOT NULL,
    task_id UUID NOT NULL,
    part SMALLINT NOT NULL,
    text BYTEA,
    intent_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    ts TEXT,
    CONSTRAINT reply_part_pkey PRIMARY KEY (workspace_id, task_id, part)
);
CREATE TABLE workspace (
    workspace_id UUID NOT NULL,
    slack_id TEXT NOT NULL,
    name TEXT DEFAULT '' NOT NULL,
    bot_user_id TEXT DEFAULT '' NOT NULL,
    active BOOLEAN DEFAULT 'true' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT workspace_pkey PRIMARY KEY (workspace_id)
);
"""

TABLES = (
    "workspace", "installation", "oauth_state", "inbox", "reply_part", "choice", "cost_log", "cost_rollup",
    "digest_setting", "digest_run",
)  # fmt: skip


def upgrade() -> None:
    for statement in SCHEMA.split(";"):
        if statement.strip():
            op.execute(statement)
    month = datetime.now(UTC).date().replace(day=1)
    for ahead in range(4):
        for statement in partition_sql(month_after(month, ahead)):
            op.execute(statement)


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"DROP TABLE {table}")
