"""Answers that are streamed: where their messages stand, whose team hears them, who stops them; the footer's switch."""

from alembic import op

revision = "0016"
down_revision = "0015"

UP = (
    """
    CREATE TABLE stream_message (
        workspace_id UUID NOT NULL,
        task_id UUID NOT NULL,
        part SMALLINT NOT NULL,
        begun_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        ts TEXT,
        CONSTRAINT stream_message_pkey PRIMARY KEY (workspace_id, task_id, part)
    )
    """,
    "ALTER TABLE inbox ADD COLUMN user_team TEXT, ADD COLUMN question_ts TEXT, ADD COLUMN stop_by TEXT",
    "ALTER TABLE workspace ADD COLUMN footer BOOLEAN DEFAULT true NOT NULL",
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    op.execute("ALTER TABLE workspace DROP COLUMN footer")
    op.execute("ALTER TABLE inbox DROP COLUMN stop_by, DROP COLUMN question_ts, DROP COLUMN user_team")
    op.execute("DROP TABLE stream_message")
