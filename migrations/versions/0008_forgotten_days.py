"""What the models of forgotten workspaces cost, by day, without whose they were."""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE forgotten_day (
            day DATE NOT NULL,
            model TEXT NOT NULL,
            calls BIGINT NOT NULL,
            unpriced BIGINT NOT NULL,
            input_tokens BIGINT NOT NULL,
            cached_input_tokens BIGINT NOT NULL,
            output_tokens BIGINT NOT NULL,
            cost_usd NUMERIC(24, 12) NOT NULL,
            estimated_usd NUMERIC(24, 12) NOT NULL,
            unknown_reserved_usd NUMERIC(24, 12) NOT NULL,
            CONSTRAINT forgotten_day_pkey PRIMARY KEY (day, model)
        )
        """
    )


def downgrade() -> None:
    op.execute("DROP TABLE forgotten_day")
