"""Migrations under contention and without rights: each ends in time, with a sentence, and changes nothing."""

from __future__ import annotations

import asyncio
import secrets
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from pydantic import SecretStr
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.app import open_database
from bot.config import Settings
from bot.db.database import engine_for
from bot.db.migrate import BehindHead, Blocked, current, downgrade, migrate, newest
from bot.errors import SettingError
from tests.tracked import ROOT


@pytest.fixture
async def other(empty_database_url: str) -> AsyncIterator[AsyncEngine]:
    """Someone else at the same database."""
    engine = engine_for(empty_database_url)
    yield engine
    await engine.dispose()


async def test_a_held_table_ends_the_migration_in_time_and_nothing_is_changed(
    empty_database_url: str, other: AsyncEngine
) -> None:
    await migrate(empty_database_url)
    async with other.begin() as holding:
        await holding.execute(text("SELECT count(*) FROM inbox"))

        with pytest.raises(Blocked, match=r"held a table for \d+ s; nothing was changed"):
            await downgrade(empty_database_url, "base", patience_s=2)

        assert await current(empty_database_url) == newest()

    await downgrade(empty_database_url, "base")
    assert await current(empty_database_url) == ""


async def test_a_lucy_who_never_finishes_migrating_is_waited_for_so_long_and_reading_goes_on(
    empty_database_url: str, other: AsyncEngine
) -> None:
    async with other.connect() as stuck:
        await stuck.execute(text("SELECT pg_advisory_lock(hashtext('lucy.migrate'))"))

        with pytest.raises(Blocked, match="another Lucy"):
            await migrate(empty_database_url, patience_s=0.5)

        assert await current(empty_database_url) == ""


async def test_an_older_lucy_serves_a_database_that_a_newer_one_expanded(
    database_url: str, onlooker: asyncpg.Connection
) -> None:
    await onlooker.execute("UPDATE alembic_version SET version_num = '9999'")

    for way in ("on", "off"):
        async with open_database(Settings(database_url=SecretStr(database_url), migrate=way)) as db:
            await db.ping()

    assert await current(database_url) == "9999"


async def test_a_user_who_may_not_create_tables_is_told_so(empty_database_url: str, other: AsyncEngine) -> None:
    guest = f"guest_{secrets.token_hex(4)}"
    async with other.begin() as connection:
        await connection.execute(text(f"CREATE ROLE {guest} LOGIN PASSWORD 'pw'"))
    url = make_url(empty_database_url).set(username=guest, password="pw").render_as_string(hide_password=False)

    with pytest.raises(SettingError, match="DATABASE_URL: permission denied for schema public"):
        await migrate(url)

    async with other.begin() as connection:
        await connection.execute(text(f"DROP ROLE {guest}"))


async def test_migrate_off_refuses_to_start_behind_and_starts_at_the_newest(empty_database_url: str) -> None:
    settings = Settings.model_validate({"DATABASE_URL": SecretStr(empty_database_url), "migrate": "off"})

    with pytest.raises(BehindHead, match="run `lucy migrate`"):
        async with open_database(settings):
            pass
    assert await current(empty_database_url) == ""

    await migrate(empty_database_url)
    async with open_database(settings) as db:
        await db.ping()


def test_each_script_is_named_after_its_revision_and_follows_the_one_before() -> None:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.set_main_option("path_separator", "os")

    scripts = list(ScriptDirectory.from_config(config).walk_revisions())

    assert [script.revision for script in scripts] == sorted((Path(one.path).name[:4] for one in scripts), reverse=True)
    assert scripts[0].revision == newest()


async def test_a_database_at_the_newest_migration_needs_no_alembic(empty_database_url: str) -> None:
    await migrate(empty_database_url)
    looked = "import asyncio, sys; from bot.db.migrate import migrate; print(asyncio.run(migrate(sys.argv[1])), 'alembic' in sys.modules)"

    again = await asyncio.create_subprocess_exec(
        sys.executable, "-c", looked, empty_database_url, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )

    said, _ = await again.communicate()
    assert said.decode().split() == [newest(), "False"]
