"""Prices that operators set, and what a person should look at in a row."""

from alembic import op

revision = "0004"
down_revision = "0003"

UP = (
    """
    CREATE TABLE price_overlay (
        id UUID NOT NULL,
        at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
        model TEXT NOT NULL,
        since DATE NOT NULL,
        input_usd NUMERIC(12, 6) NOT NULL,
        cached_input_usd NUMERIC(12, 6),
        output_usd NUMERIC(12, 6) NOT NULL,
        note TEXT DEFAULT '' NOT NULL,
        CONSTRAINT price_overlay_pkey PRIMARY KEY (id),
        CONSTRAINT price_overlay_rates_check CHECK (
            input_usd >= 0 AND cached_input_usd >= 0 AND output_usd >= 0
            AND 'NaN' NOT IN (input_usd, coalesce(cached_input_usd, 0), output_usd))
    )
    """,
    "ALTER TABLE cost_log ADD COLUMN flags TEXT[]",
    "ALTER TABLE cost_rollup ADD COLUMN diverged BIGINT DEFAULT '0' NOT NULL",
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    op.execute("ALTER TABLE cost_rollup DROP COLUMN diverged")
    op.execute("ALTER TABLE cost_log DROP COLUMN flags")
    op.execute("DROP TABLE price_overlay")
