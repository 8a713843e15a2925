"""What is older than operators want it is dropped, batch by batch; each batch is a transaction."""

from __future__ import annotations

from uuid import UUID

from bot import log
from bot.db.database import Database
from bot.db.forgetting import StillOpen
from bot.db.retention import BATCH, Retention

_log = log.get(__name__)


async def drop_old(db: Database, kept: Retention) -> None:
    """Old rows of every workspace, workspaces that left long ago, and the ledger's old months.

    Raises DatabaseAway; what is left then goes next time.
    """
    for table, limit in kept.limits.items():
        while await _dropped(db, table, limit) >= BATCH:
            pass
    async with db.operations() as operations:
        departed = await operations.departed(kept.departed_days)
    for workspace_id in departed:
        try:
            await _forget(db, workspace_id, kept)
        except StillOpen as error:
            _log.warning("not_forgotten_yet", workspace_id=str(workspace_id), reason=str(error))
    async with db.operations() as operations:
        await operations.drop_partitions(kept.ledger_months)


async def _dropped(db: Database, table: str, limit: int) -> int:
    async with db.operations() as operations:
        return await operations.drop_old(table, limit, BATCH)


async def _forget(db: Database, workspace_id: UUID, kept: Retention) -> None:
    """Day by day, until nothing is left, or until it installs Lucy again."""
    while True:
        async with db.unit(workspace_id) as unit:
            if not await unit.workspaces.forget_departed(kept.departed_days, sums=kept.departed_sums):
                return
