"""The two roles of the second lock (`bot.db.row_security`), and how a connection steps into them and out again."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import text

TENANT, ACROSS = "lucy_tenant", "lucy_ops"
WORKSPACE = "lucy.workspace_id"
"""The setting that the policies compare with."""

OUTSIDE = f"RESET ROLE; RESET {WORKSPACE}"
EVERYWHERE = f"SET ROLE {ACROSS}; RESET {WORKSPACE}"
"""Where a connection stands, as what brings it there: the next unit in the same place needs no step."""
STEP_OUT = text("SET LOCAL ROLE NONE")
"""What makes and drops tables does it as their owner."""
TURN_TO = text(f"SELECT set_config('{WORKSPACE}', CAST(:workspace_id AS text), true)")
"""The rest of the transaction is another workspace's."""


def inside(workspace_id: UUID) -> str:
    """The place of a workspace's units."""
    return f"SET ROLE {TENANT}; SET {WORKSPACE} = '{workspace_id}'"
