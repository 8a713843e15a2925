"""The dearest threads of the day that ended last, beside the rollup's cut."""

from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.execute("ALTER TABLE rollup_cut ADD COLUMN day_threads JSONB")


def downgrade() -> None:
    op.execute("ALTER TABLE rollup_cut DROP COLUMN day_threads")
