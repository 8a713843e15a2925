"""What a running Lucy makes of PostgreSQL's refusals: the database is away for now, never a bug that ends a worker."""

from __future__ import annotations

import secrets
from uuid import UUID

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError

from bot.db.database import Database, engine_for
from bot.db.encryption import Cipher
from bot.errors import DatabaseAway


async def test_a_statement_that_waits_too_long_means_away(
    database_url: str, cipher: Cipher, workspace_id: UUID
) -> None:
    hasty, other = Database.open(database_url, cipher, statement_timeout_s=0.2), engine_for(database_url)
    async with other.begin() as holding:
        await holding.execute(text("LOCK TABLE workspace IN ACCESS EXCLUSIVE MODE"))

        with pytest.raises(DatabaseAway, match="statement timeout"):
            async with hasty.unit(workspace_id) as unit:
                await unit.workspaces.read()

    async with hasty.unit(workspace_id) as unit:
        assert await unit.workspaces.read() is not None
    await hasty.close()
    await other.dispose()


async def test_a_password_that_was_changed_under_a_running_lucy_means_away(database_url: str, cipher: Cipher) -> None:
    role, other = f"lucy_{secrets.token_hex(4)}", engine_for(database_url)
    async with other.begin() as connection:
        await connection.execute(text(f"CREATE ROLE {role} LOGIN PASSWORD 'new'"))
    url = make_url(database_url).set(username=role, password="old").render_as_string(hide_password=False)
    running = Database.open(url, cipher)

    with pytest.raises(DatabaseAway, match="password"):
        await running.ping()

    async with other.begin() as connection:
        await connection.execute(text(f"DROP ROLE {role}"))
    await running.close()
    await other.dispose()


async def test_an_error_that_reaches_a_log_holds_no_value_of_the_statement(database_url: str) -> None:
    engine = engine_for(database_url)

    with pytest.raises(DBAPIError) as told:
        async with engine.begin() as connection:
            await connection.execute(text("SELECT 1 / :nothing + length(:words)"), {"nothing": 0, "words": "sesame"})

    await engine.dispose()
    assert "sesame" not in str(told.value)
