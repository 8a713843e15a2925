"""The rules of a sharded database, held on plain PostgreSQL always, and on Citus where there is one."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import event

from bot.db.base import NO_TENANT
from bot.db.database import Database
from bot.db.distribution import FIRST, placements
from bot.db.encryption import Cipher
from bot.db.tables import metadata
from bot.errors import LeaseLost, SettingError
from tests.db.acme import Acme
from tests.db.every_query import READS, WRITES
from tests.db.test_tenancy import acme

__all__ = ["acme"]

TENANT = {table.name for table in metadata.sorted_tables} - NO_TENANT
EXPLAIN = {"log_min_duration": "0", "log_format": "json", "log_level": "notice"}

UNIQUE_WITHOUT_TENANT = """
SELECT indexrelid::regclass::text FROM pg_index
JOIN pg_attribute ON attrelid = indrelid AND attname = 'workspace_id'
WHERE (indisunique OR indisexclusion) AND NOT attnum = ANY(indkey)
"""
TENANT_COLUMNS = """
SELECT DISTINCT format_type(atttypid, atttypmod), attnotnull FROM pg_attribute
JOIN pg_class ON pg_class.oid = attrelid AND relkind IN ('r', 'p') WHERE attname = 'workspace_id' AND NOT attisdropped
"""
WHAT_CITUS_REFUSES = """
SELECT conname FROM pg_constraint WHERE contype IN ('f', 'x')
UNION ALL SELECT tgname FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT relname FROM pg_class WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace
"""


@pytest.fixture
async def explained(onlooker: asyncpg.Connection, database_url: str, cipher: Cipher) -> AsyncIterator[Explained]:
    """A database that says for each statement how it was run."""
    try:
        await onlooker.execute("LOAD 'auto_explain'")
    except asyncpg.PostgresError as error:
        pytest.skip(f"this PostgreSQL does not let us load auto_explain: {error}")
    name = await onlooker.fetchval("SELECT current_database()")
    await onlooker.execute(f"ALTER DATABASE {name} SET session_preload_libraries = 'auto_explain'")
    for setting, value in EXPLAIN.items():
        await onlooker.execute(f"ALTER DATABASE {name} SET auto_explain.{setting} = '{value}'")
    watched = Explained(Database.open(database_url, cipher))
    yield watched
    await watched.db.close()


class Explained:
    """Keeps the plan of every statement."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.plans: list[dict[str, Any]] = []
        event.listen(db._connections.engine.sync_engine, "connect", lambda connection, _: self._listen(connection))

    def _listen(self, connection: Any) -> None:
        connection.driver_connection.add_log_listener(lambda _, message: self._hear(message.message))

    def _hear(self, message: str) -> None:
        _, found, plan = message.partition("plan:\n")
        if found:
            self.plans.append(json.loads(plan))

    def astray(self) -> set[str]:
        """The statements that look for rows of a tenant in more than one workspace."""
        return {str(plan["Query Text"]) for plan in self.plans if not all(map(pinned, nodes(plan["Plan"])))}


def test_every_table_is_spread_with_the_first_or_stands_on_every_node() -> None:
    placed = placements()

    assert placed[0].table == FIRST
    assert {each.table for each in placed if each.spread} == TENANT
    assert {each.table for each in placed if not each.spread} == NO_TENANT - {"alembic_version"}
    assert len(placed) == len(metadata.sorted_tables)


async def test_the_schema_holds_nothing_that_shards_cannot(onlooker: asyncpg.Connection) -> None:
    assert await onlooker.fetch(UNIQUE_WITHOUT_TENANT) == []
    assert await onlooker.fetch(WHAT_CITUS_REFUSES) == []
    assert [tuple(row) for row in await onlooker.fetch(TENANT_COLUMNS)] == [("uuid", True)]


async def test_a_unit_looks_into_one_shard_only(
    explained: Explained, acme: Acme, workspace_id: UUID, onlooker: asyncpg.Connection
) -> None:
    tries, last = READS | WRITES, "workspaces.forget"
    astray: dict[str, set[str]] = {}
    silent: list[str] = []

    for name in sorted(tries, key=lambda name: (name == last, name in WRITES)):
        if name == last:
            await onlooker.execute("DELETE FROM cost_log WHERE state = 'open'")
        explained.plans.clear()
        with suppress(LeaseLost):
            async with explained.db.unit(workspace_id) as unit:
                await tries[name](unit, acme)
        astray[name] = explained.astray()
        silent += [] if explained.plans else [name]

    assert {name: found for name, found in astray.items() if found} == {}
    assert silent == []


async def test_a_look_across_workspaces_would_be_noticed(explained: Explained, acme: Acme) -> None:
    async with explained.db.operations() as operations:
        await operations.waiting()

    assert len(explained.astray()) == 1


async def test_without_citus_nothing_is_distributed(db: Database, onlooker: asyncpg.Connection) -> None:
    if await onlooker.fetchval("SELECT count(*) FROM pg_available_extensions WHERE name = 'citus'"):
        pytest.skip("this PostgreSQL has Citus")

    with pytest.raises(SettingError, match="no Citus"):
        async with db.operations() as operations:
            await operations.place(placements()[0])


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A plan and every plan in it."""
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes(inner)


def pinned(node: dict[str, Any]) -> bool:
    """False for a scan of a tenant's table that is not held to one workspace by a constant."""
    table = str(node.get("Relation Name", ""))
    if "Scan" not in node["Node Type"] or not (table in TENANT or table.startswith("cost_log_")):
        return True
    conditions = " ".join(str(text) for key, text in node.items() if key.endswith(("Cond", "Filter")))
    return "(workspace_id = '" in conditions or "(workspace_id = $" in conditions
