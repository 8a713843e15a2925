"""Threads that Lucy joined, summaries of long ones, and the workspace's switch for follow-ups."""

from alembic import op

revision = "0018"
down_revision = "0016"

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
    "ALTER TABLE workspace ADD COLUMN follow_ups BOOLEAN DEFAULT true NOT NULL",
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    op.execute("ALTER TABLE workspace DROP COLUMN follow_ups")
    op.execute("DROP TABLE thread_summary")
    op.execute("DROP TABLE joined_thread")
