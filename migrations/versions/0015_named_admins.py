"""Whom Slack's admins named as admins of Lucy."""

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE named_admin (
            workspace_id UUID NOT NULL,
            user_id TEXT NOT NULL,
            named_by TEXT NOT NULL,
            named_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
            CONSTRAINT named_admin_pkey PRIMARY KEY (workspace_id, user_id)
        )
        """
    )


def downgrade() -> None:
    op.execute("DROP TABLE named_admin")
