"""What is lacking before Lucy can serve: told at `/health/ready`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from bot.db.database import Database
from bot.errors import DatabaseAway


def readiness(db: Database, models_loaded: Callable[[], bool]) -> Callable[[], Awaitable[list[str]]]:
    """A question after everything that is lacking just now, each in words; answered within two seconds."""

    async def missing() -> list[str]:
        lacking = [] if models_loaded() else ["litellm is loading"]
        try:
            async with asyncio.timeout(2):
                await db.ping()
        except (DatabaseAway, TimeoutError):
            lacking.append("the database does not answer")
        return lacking

    return missing
