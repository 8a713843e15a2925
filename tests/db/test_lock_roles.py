"""The roles of the second lock, on servers that have none yet: made where the user may, done without where not."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import URL, make_url, text

from bot.commands.findings import State
from bot.commands.inspection import of_lock
from bot.db.database import Database
from bot.db.encryption import Cipher
from bot.db.ids import workspace_id_of
from bot.db.local_postgres import LocalPostgres
from bot.db.migrate import migrate, second_lock
from bot.db.roles import ACROSS, TENANT
from tests.onlooker import until_it_blocks

ACME = workspace_id_of("T0ACME")


@dataclass(frozen=True, slots=True)
class Server:
    """A server without the roles, and its superuser's connection."""

    url: URL
    admin: asyncpg.Connection
    names: list[str] = field(default_factory=list)

    async def owned(self, name: str, rights: str) -> str:
        """A new user and a database of theirs, both called `name`; its URL."""
        await self.admin.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'pw' {rights}")
        return await self.database(name, name)

    async def database(self, name: str, owner: str) -> str:
        await self.admin.execute(f"CREATE DATABASE {name} OWNER {owner}")
        self.names.append(name)
        return self.url.set(username=owner, password="pw", database=name).render_as_string(hide_password=False)

    async def clear(self) -> None:
        """Drop whatever was made."""
        for name in self.names:
            await self.admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
        for name in (TENANT, ACROSS, *self.names):
            await self.admin.execute(f"DROP ROLE IF EXISTS {name}")


@pytest.fixture(scope="module")
def another_server() -> Iterator[URL]:
    with tempfile.TemporaryDirectory(prefix="lucy-pg-") as folder:
        postgres = LocalPostgres(Path(folder) / "home")
        yield make_url(asyncio.run(postgres.start()))
        asyncio.run(postgres.stop())


@pytest.fixture
async def fresh(another_server: URL) -> AsyncIterator[Server]:
    server = Server(another_server, await connected(another_server))
    yield server
    await server.clear()
    await server.admin.close()


async def test_two_databases_may_make_the_roles_at_once(fresh: Server) -> None:
    url, another = await fresh.owned("one", "CREATEROLE"), await fresh.database("two", "one")
    faster = await connected(make_url(another))
    await faster.execute(f"BEGIN; CREATE ROLE {TENANT}")

    migrating = asyncio.create_task(migrate(url))
    await until_it_blocks(faster, "%DO $$")
    await faster.execute("COMMIT")
    await migrating

    assert (await second_lock(url)).on
    await faster.close()


async def test_a_user_who_may_make_roles_is_locked_in(fresh: Server, cipher: Cipher) -> None:
    url = await fresh.owned("lucy_one", "CREATEROLE")

    await migrate(url)

    assert (await second_lock(url)).on
    assert await user_inside(url, cipher) == TENANT
    assert of_lock(await second_lock(url)).state is State.OK


async def test_a_user_who_may_not_works_without_until_an_administrator_makes_the_roles(
    fresh: Server, cipher: Cipher
) -> None:
    url = await fresh.owned("guest", "NOCREATEROLE")
    await migrate(url)
    without = await second_lock(url)
    plain = await user_inside(url, cipher)
    await fresh.admin.execute(f"CREATE ROLE {TENANT}; CREATE ROLE {ACROSS}; GRANT {TENANT}, {ACROSS} TO guest")

    await migrate(url)

    assert (without.on, plain) == (False, "guest")
    assert "off: this user may not make the roles" in of_lock(without).detail
    assert (await second_lock(url)).on
    assert await user_inside(url, cipher) == TENANT


async def test_where_somebody_else_could_step_in_too_no_table_is_opened_to_the_roles(fresh: Server) -> None:
    stranger = await fresh.owned("stranger", "CREATEROLE")
    await migrate(stranger)
    url = await fresh.owned("mine", "SUPERUSER")

    await migrate(url)
    lock = await second_lock(url)

    assert (lock.on, lock.others) == (False, ("stranger",))
    assert of_lock(lock).detail.startswith("stranger may step into Lucy's roles too: revoke CONNECT")
    await fresh.admin.execute("REVOKE CONNECT ON DATABASE mine FROM PUBLIC")
    await migrate(url)
    assert (await second_lock(url)).on


async def user_inside(url: str, cipher: Cipher) -> str:
    """Who a unit is, that welcomes a workspace."""
    db = Database.open(url, cipher)
    async with db.unit(ACME) as unit:
        await unit.workspaces.welcome("T0ACME", "Acme", "U0LUCY")
        assert await unit.workspaces.read()
        user = await unit.workspaces._session.scalar(text("SELECT current_user"))
    await db.close()
    return str(user)


async def connected(url: URL) -> asyncpg.Connection:
    return await asyncpg.connect(
        host=str(url.query["host"]), user=url.username, password=url.password, database=url.database
    )
