"""The ledger written to a file, or to standard output."""

from __future__ import annotations

import asyncio
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import IO
from uuid import UUID

from bot.app import open_database
from bot.commands.reading import workspace_at
from bot.config import Settings
from bot.costs.export import csv_of_ledger
from bot.costs.focus import focus_csv, focus_of_ledger
from bot.costs.periods import Period
from bot.db.database import Database
from bot.db.ledger import Window
from bot.errors import SettingError


async def export_to(settings: Settings, slack_id: str, kind: str, period: Period, output: str) -> str:
    """Write a workspace's rows as `csv` or `focus` page by page; what was done, in words. Raises SettingError."""
    window = Window(period.start, period.end)
    async with open_database(settings) as db:
        workspace_id = await workspace_at(db, slack_id)
        with _opened(output) as file:
            if kind == "focus":
                return await _focus(db, workspace_id, window, file)
            async for batch in csv_of_ledger(db, workspace_id, window):
                await asyncio.to_thread(file.write, batch)
    return f"every attempt {period.label}"


async def _focus(db: Database, workspace_id: UUID, window: Window, file: IO[bytes]) -> str:
    async with db.unit(workspace_id) as unit:
        workspace = await unit.workspaces.read()
    if workspace is None:
        raise SettingError("--workspace: Lucy does not know it")
    export = await focus_of_ledger(db, workspace, window)
    file.write(focus_csv(export))
    return f"{len(export.rows())} charges; {export.unpriced} calls without a price are not among them"


def _opened(output: str) -> AbstractContextManager[IO[bytes]]:
    if output == "-":
        return nullcontext(sys.stdout.buffer)
    try:
        return Path(output).open("wb")
    except OSError as error:
        raise SettingError(f"--output: {output}: {error.strerror}") from error
