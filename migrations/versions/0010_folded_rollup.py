"""Where a workspace's past is cut when its rollup is folded, and an index of what is not folded yet."""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE rollup_cut (
            workspace_id UUID NOT NULL,
            zones TEXT[] NOT NULL,
            recut_before TIMESTAMP WITH TIME ZONE,
            CONSTRAINT rollup_cut_pkey PRIMARY KEY (workspace_id)
        )
        """
    )
    op.execute(
        "CREATE INDEX cost_rollup_quarters_idx ON cost_rollup (workspace_id, quarter)"
        " WHERE dimension = 'total' AND shard < 8"
    )


def downgrade() -> None:
    op.execute("DROP INDEX cost_rollup_quarters_idx")
    op.execute("DROP TABLE rollup_cut")
