"""A PostgreSQL that lives as long as a measurement."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import asyncpg
from sqlalchemy import make_url

from bot.db.database import Database
from bot.db.encryption import Cipher, derived_key
from bot.db.local_postgres import LocalPostgres
from bot.db.migrate import migrate


@asynccontextmanager
async def scratch_database() -> AsyncIterator[Database]:
    """Lucy's door to an empty, migrated database of its own."""
    with TemporaryDirectory(prefix="lucy-bench-") as folder:
        postgres = LocalPostgres(Path(folder))
        url = await postgres.start()
        await migrate(url)
        db = Database.open(url, Cipher([derived_key("bench")]), statement_timeout_s=3600)
        try:
            yield db
        finally:
            await db.close()
            await postgres.stop()


@asynccontextmanager
async def bare_connection(db: Database) -> AsyncIterator[Any]:
    """The driver alone, on the same database."""
    url = make_url(db.url)
    connection = await asyncpg.connect(
        host=url.query["host"],
        user=url.username,
        password=url.password,
        database=url.database,
        server_settings={"timezone": "UTC"},
    )
    try:
        yield connection
    finally:
        await connection.close()
