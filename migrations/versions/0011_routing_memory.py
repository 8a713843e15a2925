"""What routing remembers: floors of threads, bounds that admins set, labels."""

from alembic import op

revision = "0011"
down_revision = "0010"

UP = (
    """
    CREATE TABLE thread_floor (
        workspace_id UUID NOT NULL,
        channel_id TEXT NOT NULL,
        thread_ts TEXT NOT NULL,
        tier SMALLINT NOT NULL,
        source TEXT NOT NULL,
        task_id UUID NOT NULL,
        set_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT thread_floor_pkey PRIMARY KEY (workspace_id, channel_id, thread_ts)
    )
    """,
    """
    INSERT INTO thread_floor (workspace_id, channel_id, thread_ts, tier, source, task_id, set_at)
    SELECT DISTINCT ON (workspace_id, channel_id, thread_ts)
           workspace_id, channel_id, thread_ts, tier, 'answer', task_id, created_at
    FROM choice ORDER BY workspace_id, channel_id, thread_ts, created_at DESC
    """,
    """
    CREATE TABLE tier_bound (
        workspace_id UUID NOT NULL,
        channel_id TEXT NOT NULL,
        floor SMALLINT,
        ceiling SMALLINT,
        set_by TEXT NOT NULL,
        set_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT tier_bound_pkey PRIMARY KEY (workspace_id, channel_id)
    )
    """,
    """
    CREATE TABLE routing_label (
        workspace_id UUID NOT NULL,
        task_id UUID NOT NULL,
        kind TEXT NOT NULL,
        at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        tier SMALLINT NOT NULL,
        reason TEXT DEFAULT '' NOT NULL,
        features BYTEA,
        CONSTRAINT routing_label_pkey PRIMARY KEY (workspace_id, task_id, kind)
    )
    """,
    "CREATE INDEX routing_label_at_idx ON routing_label (workspace_id, at)",
    """
    CREATE TABLE asked (
        workspace_id UUID NOT NULL,
        task_id UUID NOT NULL,
        at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        channel_id TEXT NOT NULL,
        thread_ts TEXT NOT NULL,
        user_id TEXT NOT NULL,
        tier SMALLINT NOT NULL,
        features BYTEA NOT NULL,
        CONSTRAINT asked_pkey PRIMARY KEY (workspace_id, task_id)
    )
    """,
    "CREATE INDEX asked_of_user_idx ON asked (workspace_id, channel_id, user_id, at)",
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    for table in ("asked", "routing_label", "tier_bound", "thread_floor"):
        op.execute(f"DROP TABLE {table}")
