"""Where a workspace's past is cut when its rollup is folded, an index of what is not folded yet, one of tasks less."""

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
    op.execute("DROP INDEX cost_log_task_idx")
    op.execute(
        "ALTER TABLE cost_log ALTER COLUMN expires_at DROP NOT NULL, ALTER COLUMN cache_write_1h_tokens DROP NOT NULL,"
        " ALTER COLUMN cache_write_1h_tokens DROP DEFAULT"
    )
    op.execute(
        "CREATE INDEX cost_rollup_quarters_idx ON cost_rollup (workspace_id, quarter)"
        " WHERE dimension = 'total' AND shard < 8"
    )


def downgrade() -> None:
    op.execute(
        "UPDATE cost_log SET expires_at = coalesce(expires_at, created_at),"
        " cache_write_1h_tokens = coalesce(cache_write_1h_tokens, 0)"
    )
    op.execute(
        "ALTER TABLE cost_log ALTER COLUMN expires_at SET NOT NULL, ALTER COLUMN cache_write_1h_tokens SET NOT NULL,"
        " ALTER COLUMN cache_write_1h_tokens SET DEFAULT '0'"
    )
    op.execute("CREATE INDEX cost_log_task_idx ON cost_log (task_id)")
    op.execute("DROP INDEX cost_rollup_quarters_idx")
    op.execute("DROP TABLE rollup_cut")
