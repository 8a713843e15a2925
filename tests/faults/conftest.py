"""The stage of a fault test; every process on it is ended with it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import asyncpg
import pytest

from bot.sandbox.sandbox import Sandbox
from tests.faults.stage import Stage


@pytest.fixture
async def stage(
    sandbox: Sandbox, database_url: str, onlooker: asyncpg.Connection, tmp_path: Path
) -> AsyncIterator[Stage]:
    """One sandbox, one database, no Lucy yet."""
    async with AsyncExitStack() as processes:
        yield Stage(sandbox, database_url, onlooker, tmp_path, processes)
