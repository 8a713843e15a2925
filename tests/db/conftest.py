"""A folder for a PostgreSQL of our own, with real processes in it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import make_url

from bot.db.local_postgres import LocalPostgres


@pytest.fixture
async def home() -> AsyncIterator[Path]:
    """A folder for a server; whatever runs there at the end is stopped."""
    folder = Path(tempfile.mkdtemp(prefix="lucy-pg-")) / "home"
    yield folder
    if (folder / "password").exists():
        last = LocalPostgres(folder)
        await last.start()
        await last.stop()
    shutil.rmtree(folder.parent)


async def ask(url: str, question: str) -> object:
    parsed = make_url(url)
    connection = await asyncpg.connect(
        host=str(parsed.query["host"]), user=parsed.username, password=parsed.password, database=parsed.database
    )
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


def postmaster(home: Path) -> int:
    return int((home / "pg" / "postmaster.pid").read_text().split()[0])
