"""Upkeep of the rollup: a day that is over takes a row per key, so that reports stay quick however long Lucy is in use."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from bot.costs.periods import period
from bot.db.database import Database
from bot.db.folding import GRACE
from bot.db.rollup_cut import ALWAYS
from bot.errors import DatabaseAway


async def fold(db: Database) -> None:
    """Fold what is over, workspace by workspace, some days at a time. Raises DatabaseAway, at its end for one workspace.

    One whose days are being settled just now is in nobody's way; two of them in a row mean the database.
    """
    async with db.operations() as operations:
        due = await operations.folds_due()
    refused, in_a_row = None, 0
    for workspace_id in due:
        try:
            await fold_workspace(db, workspace_id)
            in_a_row = 0
        except DatabaseAway as error:
            refused, in_a_row = error, in_a_row + 1
            if in_a_row == 2:
                break
    if refused:
        raise refused


async def fold_workspace(db: Database, workspace_id: UUID) -> None:
    """The same for one workspace; first its past is cut anew if it is read in another zone now. Raises DatabaseAway.

    The dearest threads of yesterday, of which its digest tells, are counted then.
    """
    async with db.unit(workspace_id) as unit:
        cut = await unit.folds.cut()
    more = cut.recut_before is not None
    while more:
        async with db.unit(workspace_id) as unit:
            more = await unit.folds.recut_day()
    more = True
    while more:
        async with db.unit(workspace_id) as unit:
            more = await unit.folds.fold_oldest()
    ended = {zone: period("yesterday", datetime.now(UTC) - GRACE, zone) for zone in cut.zones - {ALWAYS} or cut.zones}
    async with db.unit(workspace_id) as unit:
        await unit.day_threads.keep({zone: (day.start, day.end) for zone, day in ended.items()})
