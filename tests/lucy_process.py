"""`lucy run` as a process of its own, pointed at the sandbox."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import aiohttp

from bot.commands.demo_world import NO_LIMIT, tiers_toml
from bot.sandbox.sandbox import Sandbox
from tests.tracked import ROOT

PATIENCE_S = 120
FROM_HERE = (
    sys.executable,
    "-c",
    f"import sys; sys.path.insert(0, {str(ROOT)!r}); from bot.__main__ import main; main()",
)


class Process(Protocol):
    """A process as `asyncio.subprocess` shows it."""

    @property
    def pid(self) -> int: ...
    @property
    def returncode(self) -> int | None: ...
    def send_signal(self, signal: int) -> None: ...
    def kill(self) -> None: ...
    def terminate(self) -> None: ...
    async def wait(self) -> int: ...


Start = Callable[[Path, Mapping[str, str]], Awaitable[Process]]
"""Starts `lucy run` in a folder with an environment."""


@dataclass(slots=True)
class Running:
    """A Lucy that is ready, and how many seconds that took; she answers at `port`."""

    process: Process
    ready_s: float
    home: Path
    port: int
    killed: bool = False

    @property
    def pid(self) -> int:
        return self.process.pid

    async def kill(self) -> None:
        """End her as a machine that loses its power would."""
        self.killed = True
        self.process.kill()
        await self.process.wait()

    async def stop(self) -> float:
        """Ask her to end; the seconds she took."""
        began = time.perf_counter()
        self.process.terminate()
        await self.process.wait()
        return time.perf_counter() - began

    def freeze(self) -> None:
        """She stands still, as on a machine that is out of memory or being moved."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """She goes on where she stood."""
        self.process.send_signal(signal.SIGCONT)

    def resident_mb(self) -> float:
        """Lucy's own memory."""
        return _kilobytes(f"/proc/{self.pid}/status", "VmRSS") / 1024

    def database_mb(self) -> float:
        """Her PostgreSQL's, pages shared between its processes counted once."""
        postmaster = int((self.home / "pg" / "postmaster.pid").read_text().split()[0])
        workers = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        return sum(_kilobytes(f"/proc/{pid}/smaps_rollup", "Pss") for pid in [postmaster, *workers]) / 1024


@asynccontextmanager
async def lucy_process(
    sandbox: Sandbox,
    folder: Path,
    command: Sequence[str | Path] = FROM_HERE,
    database_url: str = "",
    more: Mapping[str, str] | None = None,
    start: Start | None = None,
) -> AsyncIterator[Running]:
    """`lucy run`, working in `folder`; without `database_url` its embedded database is there too.

    `more` are further settings; `start` starts her otherwise than by `command`.

    Raises RuntimeError when she was not killed and ends with anything but 0.
    """
    (folder / "tiers.toml").write_text(tiers_toml(sandbox.providers))
    port = free_port()
    settings = _settings(sandbox, folder, port) | ({"DATABASE_URL": database_url} if database_url else {})
    began = time.perf_counter()
    env = {**settings, **(more or {})}
    process = await (
        start(folder, env) if start else asyncio.create_subprocess_exec(*command, "run", cwd=folder, env=env)
    )
    lucy = Running(process, 0, folder / "home", port)
    try:
        await _until_ready(f"http://127.0.0.1:{port}/health/ready", process)
        lucy.ready_s = time.perf_counter() - began
        sandbox.slack.delivery.events_url = f"http://127.0.0.1:{port}/slack/events"
        yield lucy
    finally:
        if process.returncode is None:
            lucy.thaw()
            process.terminate()
        code = await process.wait()
    if code and not lucy.killed:
        raise RuntimeError(f"lucy run ended with {code}")


def _settings(sandbox: Sandbox, folder: Path, port: int) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    state = sandbox.slack.state
    return kept | {
        "SLACK_BOT_TOKEN": state.bot_token,
        "SLACK_SIGNING_SECRET": state.signing_secret,
        "SLACK_API_URL": sandbox.slack.api_url,
        "PORT": str(port),
        "LUCY_HOME": str(folder / "home"),
        "LUCY_TIERS": str(folder / "tiers.toml"),
        "LUCY_METRICS_ADDR": "off",
        "LUCY_SLACK_RATE": str(NO_LIMIT),
        "LUCY_MOST_WAITING": "100000",
        "LUCY_LOG_LEVEL": "ERROR",
    }


async def _until_ready(url: str, process: Process) -> None:
    async with asyncio.timeout(PATIENCE_S), aiohttp.ClientSession() as session:
        while process.returncode is None and not await _says_yes(session, url):
            await asyncio.sleep(0.02)
    if process.returncode is not None:
        raise RuntimeError(f"lucy run ended with {process.returncode}")


async def _says_yes(session: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with session.get(url) as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False


def free_port() -> int:
    """A port nobody listens on, for now."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def _kilobytes(path: str, field: str) -> int:
    found = re.search(rf"^{field}:\s+(\d+)", Path(path).read_text(), re.MULTILINE)
    return int(found[1]) if found else 0
