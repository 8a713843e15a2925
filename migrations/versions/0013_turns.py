"""Whose turn it is: tokens for Slack's limits, shared by the replicas."""

from alembic import op

revision = "0013"
down_revision = "0010"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE slack_bucket (
            workspace_id UUID NOT NULL,
            bucket TEXT NOT NULL,
            full_at TIMESTAMP WITH TIME ZONE NOT NULL,
            CONSTRAINT slack_bucket_pkey PRIMARY KEY (workspace_id, bucket)
        )
        """
    )


def downgrade() -> None:
    op.execute("DROP TABLE slack_bucket")
