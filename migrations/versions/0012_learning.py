"""What a workspace's labels added to the score, and by how much that moved each choice."""

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE routing_weights (
            workspace_id UUID NOT NULL,
            weights BYTEA NOT NULL,
            labels INTEGER NOT NULL,
            apgr_before DOUBLE PRECISION NOT NULL,
            apgr_after DOUBLE PRECISION NOT NULL,
            set_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
            CONSTRAINT routing_weights_pkey PRIMARY KEY (workspace_id)
        )
        """
    )
    op.execute("ALTER TABLE choice ADD COLUMN moved DOUBLE PRECISION DEFAULT 0 NOT NULL")


def downgrade() -> None:
    op.execute("ALTER TABLE choice DROP COLUMN moved")
    op.execute("DROP TABLE routing_weights")
