"""ORM = migrations = database, every tenant table leads with its tenant, and migrations go up and down."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, UniqueConstraint, make_url

from bot.db.base import NO_TENANT
from bot.db.database import engine_for
from bot.db.migrate import BehindHead, current, downgrade, migrate, newest, require_head
from bot.db.tables import TABLES, metadata


async def test_the_orm_says_what_the_migrated_database_has(database_url: str) -> None:
    engine = engine_for(database_url)

    async with engine.connect() as connection:
        differences = await connection.run_sync(_differences)

    await engine.dispose()
    assert differences == []


async def test_migrations_go_down_and_up_again(empty_database_url: str) -> None:
    await migrate(empty_database_url)
    await downgrade(empty_database_url, "base")
    with pytest.raises(BehindHead):
        await require_head(empty_database_url)

    assert await migrate(empty_database_url) == newest() == await current(empty_database_url)


def test_every_tenant_table_has_its_workspace_first_in_every_key() -> None:
    for row in TABLES:
        table = row.__table__
        if table.name in NO_TENANT:
            continue
        keys = [table.primary_key, *(c for c in table.constraints if isinstance(c, UniqueConstraint))]
        firsts = [next(iter(key.columns)).name for key in keys]
        firsts += [next(iter(index.columns)).name for index in table.indexes if index.unique]
        assert set(firsts) == {"workspace_id"}, table.name


async def test_two_lucys_migrate_one_database_at_once(empty_database_url: str) -> None:
    revisions = await asyncio.gather(*(migrate(empty_database_url) for _ in range(3)))

    assert set(revisions) == {newest()}


async def test_the_ledger_is_partitioned_by_month(database_url: str) -> None:
    url = make_url(database_url)
    connection = await asyncpg.connect(
        host=str(url.query.get("host", url.host)),
        port=url.port or 5432,
        user=url.username,
        password=url.password,
        database=url.database,
    )

    partitions = await connection.fetchval("SELECT count(*) FROM pg_inherits WHERE inhparent = 'cost_log'::regclass")

    await connection.close()
    assert partitions == 4


def _differences(connection: Connection) -> list[object]:
    def ours(_: object, name: str | None, kind: str, *__: object) -> bool:
        return not (kind == "table" and str(name).startswith("cost_log_2"))

    options = {"include_object": ours, "compare_type": True, "compare_server_default": False}
    found: list[object] = compare_metadata(MigrationContext.configure(connection, opts=options), metadata)
    return found
