"""Since when Slack refuses a workspace's token; whether its guests are answered."""

from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE workspace ADD COLUMN lost_since TIMESTAMP WITH TIME ZONE,"
        " ADD COLUMN guests BOOLEAN DEFAULT true NOT NULL"
    )


def downgrade() -> None:
    op.execute("ALTER TABLE workspace DROP COLUMN guests, DROP COLUMN lost_since")
