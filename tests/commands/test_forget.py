"""`lucy forget` removes a workspace only when it is told twice."""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import UTC, datetime
from uuid import UUID

from bot.db.database import Database
from tests.costs.ledger import rows
from tests.costs.spending import Spent, spend
from tests.tracked import ROOT


async def test_a_workspace_goes_only_with_yes(db: Database, database_url: str, workspace_id: UUID) -> None:
    await spend(db, workspace_id, datetime(2026, 11, 2, tzinfo=UTC), Spent("1"))

    shown = await lucy(database_url, "forget", "T0ACME")
    kept = len(await rows(db, workspace_id))
    removed = await lucy(database_url, "forget", "T0ACME", "--yes")
    again = await lucy(database_url, "forget", "T0ACME", "--yes")

    assert ("cost_log" in shown, "--yes" in shown, kept) == (True, True, 1)
    assert "T0ACME is forgotten" in removed
    assert await rows(db, workspace_id) == []
    assert again == "Nothing is stored of T0ACME.\n"


async def lucy(database_url: str, *command: str) -> str:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", *command,
        cwd=ROOT, env={**os.environ, "DATABASE_URL": database_url}, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, _ = await process.communicate()
    assert process.returncode == 0
    return out.decode()
