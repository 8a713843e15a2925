"""The two roles of the second lock (`bot.db.row_security`), and how a transaction steps into them and out again."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import text

TENANT, ACROSS = "lucy_tenant", "lucy_ops"
WORKSPACE = "lucy.workspace_id"
"""The setting that the policies compare with; it ends with the transaction, as the role does."""

BEGIN = "BEGIN"
BEGIN_ACROSS = f"BEGIN; SET LOCAL ROLE {ACROSS}"
STEP_OUT = text("SET LOCAL ROLE NONE")
"""What makes and drops tables does it as their owner."""
TURN_TO = text(f"SELECT set_config('{WORKSPACE}', CAST(:workspace_id AS text), true)")
"""The rest of the transaction is another workspace's."""


def begin_in(workspace_id: UUID) -> str:
    """The beginning of a unit, in one round trip."""
    return f"BEGIN; SET LOCAL ROLE {TENANT}; SET LOCAL {WORKSPACE} = '{workspace_id}'"
