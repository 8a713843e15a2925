"""The dial, what a workspace's own traffic says of the scores, opinions asked once, and what a choice was decided by."""

from alembic import op

revision = "0009"
down_revision = "0008"

UP = (
    """
    CREATE TABLE dial_setting (
        workspace_id UUID NOT NULL,
        scope TEXT NOT NULL,
        key TEXT NOT NULL,
        dial TEXT NOT NULL,
        set_by TEXT NOT NULL,
        set_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT dial_setting_pkey PRIMARY KEY (workspace_id, scope, key),
        CONSTRAINT dial_setting_scope_check CHECK (scope IN ('workspace', 'channel', 'user')),
        CONSTRAINT dial_setting_dial_check CHECK (dial IN ('eco', 'balanced', 'quality'))
    )
    """,
    """
    CREATE TABLE score_shift (
        workspace_id UUID NOT NULL,
        tier1 DOUBLE PRECISION NOT NULL,
        tier2 DOUBLE PRECISION NOT NULL,
        choices INTEGER NOT NULL,
        set_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT score_shift_pkey PRIMARY KEY (workspace_id)
    )
    """,
    """
    CREATE TABLE classifier_cache (
        workspace_id UUID NOT NULL,
        fingerprint BYTEA NOT NULL,
        intent TEXT NOT NULL,
        tier SMALLINT NOT NULL,
        confidence DOUBLE PRECISION NOT NULL,
        model TEXT NOT NULL,
        expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT classifier_cache_pkey PRIMARY KEY (workspace_id, fingerprint)
    )
    """,
    "CREATE INDEX classifier_cache_expires_idx ON classifier_cache (expires_at)",
    "ALTER TABLE choice ADD COLUMN tier1_fails DOUBLE PRECISION, ADD COLUMN tier2_fails DOUBLE PRECISION, ADD COLUMN dial TEXT",
    "ALTER TABLE inbox ADD COLUMN files SMALLINT DEFAULT '0' NOT NULL",
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    op.execute("ALTER TABLE inbox DROP COLUMN files")
    op.execute("ALTER TABLE choice DROP COLUMN dial, DROP COLUMN tier2_fails, DROP COLUMN tier1_fails")
    for table in ("classifier_cache", "score_shift", "dial_setting"):
        op.execute(f"DROP TABLE {table}")
