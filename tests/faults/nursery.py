"""Lucys that start in a tenth of the time: a process that has loaded everything, and forks one whenever it is asked.

Each is a process of her own, with her own connections, home and settings; only what was imported is shared, as pages.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import os
import select
import signal
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NoReturn

from tests.tracked import ROOT

_HERE = (
    sys.executable,
    "-c",
    f"import sys; sys.path.insert(0, {str(ROOT)!r}); from tests.faults import nursery; nursery.serve()",
)


class Child:
    """A Lucy as `asyncio.subprocess` would show her."""

    def __init__(self, pid: int, tell: Any) -> None:
        self.pid, self.returncode = pid, None
        self._tell, self._ended = tell, asyncio.Event()

    def send_signal(self, number: int) -> None:
        """Through her parent, who alone knows that the pid is still hers."""
        self._tell({"pid": self.pid, "signal": number})

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    async def wait(self) -> int:
        """Her exit code, once she ended."""
        await self._ended.wait()
        assert self.returncode is not None
        return self.returncode

    def end(self, code: int) -> None:
        """She ended."""
        self.returncode = code
        self._ended.set()


class Nursery:
    """Where Lucys are started."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._children: dict[int, Child] = {}
        self._born: asyncio.Queue[Child] = asyncio.Queue()
        self._one_at_a_time = asyncio.Lock()

    async def start(self, cwd: Path, env: Mapping[str, str]) -> Child:
        """One more."""
        async with self._one_at_a_time:
            self._tell({"cwd": str(cwd), "env": dict(env)})
            return await self._born.get()

    async def listen(self) -> None:
        """Hear who was born and who ended."""
        assert self._process.stdout
        async for line in self._process.stdout:
            heard = json.loads(line)
            if "code" in heard:
                self._children.pop(heard["pid"]).end(heard["code"])
            else:
                child = self._children[heard["pid"]] = Child(heard["pid"], self._tell)
                self._born.put_nowait(child)

    def _tell(self, what: Mapping[str, Any]) -> None:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(what).encode() + b"\n")


@asynccontextmanager
async def nursery() -> AsyncIterator[Nursery]:
    """One that works while the block runs; whoever is left then is killed. A Ctrl-C at the terminal is not for them."""
    process = await asyncio.create_subprocess_exec(
        *_HERE, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, start_new_session=True
    )
    lucys = Nursery(process)
    listening = asyncio.create_task(lucys.listen())
    try:
        yield lucys
    finally:
        assert process.stdin
        process.stdin.close()
        await process.wait()
        listening.cancel()


def serve() -> None:
    """The parent: load everything, then fork and signal as told, a line of JSON each, until nobody tells any more."""
    gc.disable()
    from bot import app  # noqa: F401, PLC0415 - loaded to be shared
    from bot.llm.environment import load_litellm  # noqa: PLC0415

    load_litellm()
    gc.freeze()
    heard, rings = os.pipe()
    os.set_blocking(rings, False)
    signal.set_wakeup_fd(rings)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    alive: set[int] = set()
    for what in _orders(heard, alive):
        if "signal" not in what:
            pid = os.fork() or _live(what["cwd"], what["env"])
            alive.add(pid)
            _say(pid=pid)
        elif what["pid"] in alive:
            os.kill(what["pid"], what["signal"])
    for pid in alive:
        os.kill(pid, signal.SIGKILL)


def _orders(bell: int, alive: set[int]) -> Iterator[dict[str, Any]]:
    """What is told, until nobody tells any more; who ended meanwhile is reported and forgotten."""
    rest = b""
    while True:
        ready, _, _ = select.select([0, bell], [], [])
        if bell in ready:
            os.read(bell, 4096)
            _reap(alive)
        if 0 in ready:
            told = os.read(0, 65536)
            if not told:
                return
            *lines, rest = (rest + told).split(b"\n")
            yield from map(json.loads, lines)


def _reap(alive: set[int]) -> None:
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            alive.remove(pid)
            _say(pid=pid, code=os.waitstatus_to_exitcode(status))


def _say(**what: int) -> None:
    os.write(1, json.dumps(what).encode() + b"\n")


def _live(cwd: str, env: Mapping[str, str]) -> NoReturn:
    """What a child is: `lucy run`, there, with these settings."""
    from bot.__main__ import main  # noqa: PLC0415

    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.dup2(2, 1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    sys.argv = ["lucy", "run"]
    code: Any = 1
    try:
        main()
        code = 0
    except SystemExit as end:
        code = end.code or 0
    finally:
        sys.stderr.flush()
        os._exit(int(code))
