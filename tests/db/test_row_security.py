"""The second lock: what a unit may see is decided by PostgreSQL too, whatever a query of ours forgets."""

from __future__ import annotations

from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from bot.db.database import Database
from bot.db.ids import workspace_id_of
from bot.db.roles import ACROSS, TENANT

OTHER = workspace_id_of("T0OTHER")
DENIED = "permission denied|row-level security"


@pytest.mark.parametrize(
    "statement",
    [
        f"INSERT INTO workspace (workspace_id, slack_id) VALUES ('{workspace_id_of('T0EVIL')}', 'T0EVIL')",
        f"UPDATE workspace SET workspace_id = '{workspace_id_of('T0EVIL')}'",
        "SELECT FROM oauth_state",
        "SELECT FROM alembic_version",
        "CREATE TABLE mine (id INT)",
    ],
)
async def test_a_unit_may_not_write_for_others_nor_reach_what_is_nobodys(
    db: Database, workspace_id: UUID, statement: str
) -> None:
    with pytest.raises(DBAPIError, match=DENIED):
        async with db.unit(workspace_id) as unit:
            await unit.costs._session.execute(text(statement))


@pytest.mark.parametrize("role", [TENANT, ACROSS])
async def test_a_month_of_the_ledger_is_reached_through_the_ledger_only(
    db: Database, onlooker: asyncpg.Connection, role: str
) -> None:
    async with db.operations() as operations:
        await operations.add_partitions(months_ahead=12)
    months = [
        row[0]
        for row in await onlooker.fetch(
            "SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'cost_log'::regclass"
        )
    ]

    await onlooker.execute(f"SET ROLE {role}; SET lucy.workspace_id = '{OTHER}'")
    for month in months:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await onlooker.execute(f"SELECT FROM {month}")

    assert len(months) >= 13
    await onlooker.execute("SELECT FROM cost_log")


async def test_a_unit_that_names_no_workspace_sees_nothing(onlooker: asyncpg.Connection, workspace_id: UUID) -> None:
    await onlooker.execute(f"SET ROLE {TENANT}")

    for _ in range(2):
        with pytest.raises((asyncpg.UndefinedObjectError, asyncpg.InvalidTextRepresentationError)):
            await onlooker.execute("SELECT FROM workspace")
        await onlooker.execute(f"BEGIN; SET LOCAL lucy.workspace_id = '{OTHER}'; COMMIT")


async def test_role_and_workspace_end_with_the_unit(db: Database, database_url: str, workspace_id: UUID) -> None:
    now = "SELECT current_user::text, coalesce(current_setting('lucy.workspace_id', true), '')"
    async with db.unit(workspace_id) as unit:
        inside = tuple((await unit.costs._session.execute(text(now))).one())
    async with db.operations() as operations:
        across = tuple((await operations._session.execute(text(now))).one())
    async with db._session() as session:
        after = tuple((await session.execute(text(now))).one())

    assert (inside, across) == ((TENANT, str(workspace_id)), (ACROSS, ""))
    assert after[0] not in (TENANT, ACROSS)
    assert after[1] == ""
