"""One real PostgreSQL for the whole run; a fresh database, made from a migrated template, for each test."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr
from sqlalchemy import make_url

from bot.app import Lucy
from bot.commands.demo_world import demo_lucy
from bot.config import Settings
from bot.db.database import Database
from bot.db.encryption import Cipher
from bot.db.ids import workspace_id_of
from bot.db.local_postgres import LocalPostgres
from bot.db.migrate import migrate
from bot.sandbox.sandbox import Sandbox
from tests.polite import Politeness

_HASTY = (
    "ALTER SYSTEM SET fsync = off",
    "ALTER SYSTEM SET full_page_writes = off",
    "ALTER SYSTEM SET max_wal_size = '128MB'",
    "SELECT pg_reload_conf()",
)
"""No test takes the machine's power away, and every test makes and drops a database."""
_IN_MEMORY, _ROOM = Path("/dev/shm"), 4 * 2**30
"""Four hundred files a database: on a disk, making them is what takes the time."""
CIPHER_KEY = Fernet.generate_key().decode()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a PostgreSQL: `LUCY_TEST_DATABASE_URL`, else our own, shared by all workers of this run."""
    given = os.environ.get("LUCY_TEST_DATABASE_URL")
    if given:
        yield given
        return
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID") or secrets.token_hex(8)
    roomy = os.access(_IN_MEMORY, os.W_OK) and shutil.disk_usage(_IN_MEMORY).free > _ROOM
    home = (_IN_MEMORY if roomy else Path(tempfile.gettempdir())) / f"lucy-tests-{os.geteuid()}-{run[:12]}"
    postgres = LocalPostgres(home)
    url = asyncio.run(postgres.start())
    for statement in _HASTY:
        asyncio.run(_execute(url, statement))
    yield url
    asyncio.run(postgres.stop())
    if not (home / "pg" / "postmaster.pid").exists():
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def template(server: str, worker_id: str) -> str:
    """The name of a database that holds the migrated, empty schema."""
    name = f"template_{worker_id}_{secrets.token_hex(4)}"
    asyncio.run(_execute(server, f"CREATE DATABASE {name}"))
    asyncio.run(migrate(_named(server, name)))
    return name


@pytest.fixture(scope="session")
def worker_id(request: pytest.FixtureRequest) -> str:
    """Which worker of pytest-xdist this is; `main` without it."""
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


@pytest.fixture
async def database_url(server: str, template: str) -> AsyncIterator[str]:
    """A fresh, migrated database."""
    name = f"test_{secrets.token_hex(6)}"
    await _execute(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield _named(server, name)
    await _execute(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def empty_database_url(server: str) -> AsyncIterator[str]:
    """A fresh database without any table."""
    name = f"empty_{secrets.token_hex(6)}"
    await _execute(server, f"CREATE DATABASE {name}")
    yield _named(server, name)
    await _execute(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def cipher() -> Cipher:
    return Cipher([CIPHER_KEY])


@pytest.fixture
async def db(database_url: str, cipher: Cipher) -> AsyncIterator[Database]:
    """Lucy's own door to a fresh database."""
    database = Database.open(database_url, cipher)
    yield database
    await database.close()


@pytest.fixture
async def workspace_id(db: Database) -> UUID:
    """A workspace that Lucy serves."""
    mine = workspace_id_of("T0ACME")
    async with db.unit(mine) as unit:
        await unit.workspaces.welcome("T0ACME", "Acme", "U0LUCY")
    return mine


def _named(url: str, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)


async def _execute(url: str, statement: str) -> None:
    connection = await _connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def _connect(url: str) -> asyncpg.Connection:
    parsed = make_url(url)
    return await asyncpg.connect(
        host=str(parsed.query.get("host", parsed.host)),
        port=parsed.port or 5432,
        user=parsed.username,
        password=parsed.password,
        database=parsed.database,
    )


@pytest.fixture
async def onlooker(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A plain connection to the test's database: to look at it from outside, and to lock its rows."""
    connection = await _connect(database_url)
    yield connection
    await connection.close()


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    """The outside world: a strict Slack whose retries take no time, and providers with their own invoice.

    Whatever the test is about, Lucy is polite in it.
    """
    async with Sandbox(retry_delays_s=(0.0, 0.05, 0.1)) as world:
        politeness = Politeness(world)
        yield world
    assert politeness.complaints == []


@pytest.fixture
async def running(sandbox: Sandbox, database_url: str) -> AsyncIterator[Lucy]:
    """The whole of Lucy, serving the sandbox's Slack over HTTP."""
    base = Settings(database_url=SecretStr(database_url), settle_s=0.2, lease_s=2, stream_every_s=0.02)
    async with demo_lucy(sandbox, base=base) as lucy:
        yield lucy
