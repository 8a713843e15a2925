"""How the last comparison with each provider's bill came out, day by day."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE bill_check (
            provider TEXT NOT NULL,
            day DATE NOT NULL,
            booked_usd NUMERIC(24, 12) NOT NULL,
            billed_usd NUMERIC(24, 12) NOT NULL,
            checked_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
            CONSTRAINT bill_check_pkey PRIMARY KEY (provider, day)
        )
        """
    )


def downgrade() -> None:
    op.execute("DROP TABLE bill_check")
