"""Threads that Lucy joined, summaries of long ones, what is kept of them, and the workspace's switches for it."""

from alembic import op

revision = "0018"
down_revision = "0017"

UP = (
    """
    CREATE TABLE joined_thread (
        workspace_id UUID NOT NULL,
        channel_id TEXT NOT NULL,
        thread_ts TEXT NOT NULL,
        asker TEXT NOT NULL,
        begun BOOLEAN NOT NULL,
        spoke TEXT NOT NULL,
        muted BOOLEAN DEFAULT false NOT NULL,
        touched_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT joined_thread_pkey PRIMARY KEY (workspace_id, channel_id, thread_ts),
        CONSTRAINT joined_thread_spoke_check CHECK (spoke IN ('asker', 'lucy', 'people'))
    )
    """,
    """
    CREATE TABLE thread_summary (
        workspace_id UUID NOT NULL,
        channel_id TEXT NOT NULL,
        thread_ts TEXT NOT NULL,
        until_ts TEXT NOT NULL,
        sealed_text BYTEA NOT NULL,
        expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT thread_summary_pkey PRIMARY KEY (workspace_id, channel_id, thread_ts)
    )
    """,
    """
    CREATE TABLE kept_message (
        workspace_id UUID NOT NULL,
        channel_id TEXT NOT NULL,
        thread_ts TEXT NOT NULL,
        ts TEXT NOT NULL,
        user_id TEXT,
        sealed_text BYTEA NOT NULL,
        expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT kept_message_pkey PRIMARY KEY (workspace_id, channel_id, thread_ts, ts)
    )
    """,
    """
    ALTER TABLE workspace ADD COLUMN follow_ups BOOLEAN DEFAULT true NOT NULL,
        ADD COLUMN keeps_context BOOLEAN DEFAULT false NOT NULL
    """,
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    op.execute("ALTER TABLE workspace DROP COLUMN keeps_context, DROP COLUMN follow_ups")
    op.execute("DROP TABLE kept_message")
    op.execute("DROP TABLE thread_summary")
    op.execute("DROP TABLE joined_thread")
