"""Waiting for what only others can tell."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg

PATIENCE_S = 40
_BLOCKED = "SELECT count(*) FROM pg_stat_activity WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid)) AND query LIKE $1"


async def until(happened: Callable[[], Awaitable[bool]] | Callable[[], bool]) -> None:
    """Returns when `happened` says yes. Raises TimeoutError."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            said = happened()
            if said if isinstance(said, bool) else await said:
                return
            await asyncio.sleep(0.01)


async def until_it_blocks(onlooker: asyncpg.Connection, statement: str) -> None:
    """Returns when a statement that begins so waits for a lock that `onlooker` holds. Raises TimeoutError."""

    async def blocked() -> bool:
        await onlooker.execute("SELECT pg_stat_clear_snapshot()")
        return bool(await onlooker.fetchval(_BLOCKED, f"{statement}%"))

    await until(blocked)
