"""Digests: what each one said was spent, whether people are named, what a quiet day looks like."""

from alembic import op

revision = "0005"
down_revision = "0004"

UP = (
    "ALTER TABLE digest_setting ADD COLUMN people BOOLEAN DEFAULT 'true' NOT NULL",
    "ALTER TABLE digest_setting ADD COLUMN quiet TEXT DEFAULT 'line' NOT NULL",
    "ALTER TABLE digest_run ADD COLUMN posted_usd NUMERIC(24, 12)",
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    op.execute("ALTER TABLE digest_run DROP COLUMN posted_usd")
    op.execute("ALTER TABLE digest_setting DROP COLUMN quiet")
    op.execute("ALTER TABLE digest_setting DROP COLUMN people")
