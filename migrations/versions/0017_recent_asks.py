"""A person's finished asks, the last ones first."""

from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.execute(
        "CREATE INDEX inbox_of_user_idx ON inbox (workspace_id, user_id, done_at) WHERE state IN ('done', 'dead')"
    )


def downgrade() -> None:
    op.execute("DROP INDEX inbox_of_user_idx")
