"""Whose turn it is: tokens for Slack's limits, shared by the replicas; a workspace's asks by the time they are due."""

from alembic import op

revision = "0013"
down_revision = "0012"

UP = (
    """
    CREATE TABLE slack_bucket (
        workspace_id UUID NOT NULL,
        bucket TEXT NOT NULL,
        full_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT slack_bucket_pkey PRIMARY KEY (workspace_id, bucket)
    )
    """,
    "CREATE INDEX inbox_turn_idx ON inbox (workspace_id, run_at, ts) WHERE state IN ('new', 'leased')",
    "DROP INDEX inbox_ready_idx",
    "CREATE INDEX inbox_refused_idx ON inbox (workspace_id, user_id, done_at) WHERE outcome = 'refused'",
    "ALTER TABLE budget_notice DROP CONSTRAINT budget_notice_kind_check",
    """
    ALTER TABLE budget_notice ADD CONSTRAINT budget_notice_kind_check
    CHECK (kind IN ('warning', 'request', 'outcome', 'crowded'))
    """,
)
DOWN = (
    "DELETE FROM budget_notice WHERE kind = 'crowded'",
    "ALTER TABLE budget_notice DROP CONSTRAINT budget_notice_kind_check",
    "ALTER TABLE budget_notice ADD CONSTRAINT budget_notice_kind_check CHECK (kind IN ('warning', 'request', 'outcome'))",
    "DROP INDEX inbox_refused_idx",
    "CREATE INDEX inbox_ready_idx ON inbox (run_at) WHERE state IN ('new', 'leased')",
    "DROP INDEX inbox_turn_idx",
    "DROP TABLE slack_bucket",
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWN:
        op.execute(statement)
