"""Where each table stands on Citus: by workspace, all alike, or whole on every node."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from bot.db.base import NO_TENANT, Base
from bot.errors import SettingError

FIRST = "workspace"
"""The table that all others of a tenant stand with."""

AVAILABLE = text("SELECT count(*) FROM pg_available_extensions WHERE name = 'citus'")
PLACED = text("SELECT count(*) FROM citus_tables WHERE table_name = to_regclass(:table)")
BY_WORKSPACE = text("SELECT create_distributed_table(:table, 'workspace_id')")
WITH_THE_FIRST = text(f"SELECT create_distributed_table(:table, 'workspace_id', colocate_with => '{FIRST}')")
EVERYWHERE = text("SELECT create_reference_table(:table)")


@dataclass(frozen=True, slots=True)
class Placement:
    """A table, and whether its rows are spread by their workspace."""

    table: str
    spread: bool


def placements() -> Sequence[Placement]:
    """Every table of ours, in the order in which they are placed."""
    names = sorted(table.name for table in Base.metadata.sorted_tables)
    tenant = sorted((name for name in names if name not in NO_TENANT), key=lambda name: (name != FIRST, name))
    return [
        *(Placement(name, True) for name in tenant),
        *(Placement(name, False) for name in names if name in NO_TENANT),
    ]


async def place(session: AsyncSession, placement: Placement) -> bool:
    """Spread a table over the shards, or copy it to every node; False when it stands so already.

    Takes as long as its rows need to move. Raises SettingError where PostgreSQL has no Citus.
    """
    if not (await session.execute(AVAILABLE)).scalar_one():
        raise SettingError("DATABASE_URL: this PostgreSQL has no Citus, so there are no shards to distribute to")
    await session.execute(text("SET LOCAL statement_timeout = 0"))
    await session.execute(text("CREATE EXTENSION IF NOT EXISTS citus"))
    table = {"table": placement.table}
    if (await session.execute(PLACED, table)).scalar_one():
        return False
    spread = BY_WORKSPACE if placement.table == FIRST else WITH_THE_FIRST
    await session.execute(spread if placement.spread else EVERYWHERE, table)
    return True
