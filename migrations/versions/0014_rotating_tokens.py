"""Tokens that expire, with what renews them; workspaces that an operator switched off, and when one left."""

from alembic import op

revision = "0014"
down_revision = "0013"

INSTALLATION = {"sealed_refresh_token": "BYTEA", "expires_at": "TIMESTAMP WITH TIME ZONE", "renewing_until": "TIMESTAMP WITH TIME ZONE"}  # fmt: skip
WORKSPACE = {"disabled": "BOOLEAN DEFAULT 'false' NOT NULL", "left_at": "TIMESTAMP WITH TIME ZONE"}


def upgrade() -> None:
    for table, columns in (("installation", INSTALLATION), ("workspace", WORKSPACE)):
        for name, kind in columns.items():
            op.execute(f"ALTER TABLE {table} ADD COLUMN {name} {kind}")
    op.execute("CREATE INDEX installation_expires_idx ON installation (expires_at) WHERE expires_at IS NOT NULL")


def downgrade() -> None:
    op.execute("DROP INDEX installation_expires_idx")
    for table, columns in (("installation", INSTALLATION), ("workspace", WORKSPACE)):
        for name in columns:
            op.execute(f"ALTER TABLE {table} DROP COLUMN {name}")
