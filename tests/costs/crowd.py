"""A process of its own that asks many times at once: `python -m tests.costs.crowd URL KEY WORKSPACE ASKS`."""

from __future__ import annotations

import asyncio
import sys
from uuid import UUID

from bot.db.budgets import OverBudget
from bot.db.database import Database
from bot.db.encryption import Cipher
from tests.costs.budgeting import opens


async def ask(url: str, cipher_key: str, workspace_id: UUID, asks: int) -> int:
    """How many of the reserves were admitted."""
    db = Database.open(url, Cipher([cipher_key]), pool_size=10)
    try:
        return sum(await asyncio.gather(*(_admitted(db, workspace_id) for _ in range(asks))))
    finally:
        await db.close()


async def _admitted(db: Database, workspace_id: UUID) -> bool:
    try:
        await opens(db, workspace_id, "0.05")
    except OverBudget:
        return False
    return True


if __name__ == "__main__":
    url, cipher_key, workspace, asks = sys.argv[1:]
    sys.stdout.write(f"{asyncio.run(ask(url, cipher_key, UUID(workspace), int(asks)))}\n")
