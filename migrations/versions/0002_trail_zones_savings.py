"""A trail of changes, a workspace's own zone, and what the provider's cache saved."""

from alembic import op

revision = "0002"
down_revision = "0001"

UP = (
    """
    CREATE TABLE audit_log (
        workspace_id UUID NOT NULL,
        id UUID NOT NULL,
        at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
        actor TEXT NOT NULL,
        action TEXT NOT NULL,
        subject TEXT NOT NULL,
        before JSONB,
        after JSONB,
        CONSTRAINT audit_log_pkey PRIMARY KEY (workspace_id, id)
    )
    """,
    "CREATE INDEX audit_log_at_idx ON audit_log (workspace_id, at)",
    "ALTER TABLE workspace ADD COLUMN zone TEXT",
    "ALTER TABLE cost_log ADD COLUMN cache_saved_usd NUMERIC(24, 12)",
    "ALTER TABLE cost_rollup ADD COLUMN estimated BIGINT DEFAULT '0' NOT NULL",
    "ALTER TABLE cost_rollup ADD COLUMN cache_saved_usd NUMERIC(24, 12) DEFAULT '0' NOT NULL",
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    op.execute("ALTER TABLE cost_rollup DROP COLUMN cache_saved_usd, DROP COLUMN estimated")
    op.execute("ALTER TABLE cost_log DROP COLUMN cache_saved_usd")
    op.execute("ALTER TABLE workspace DROP COLUMN zone")
    op.execute("DROP TABLE audit_log")
