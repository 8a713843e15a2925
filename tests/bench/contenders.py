"""Who is measured under load: Lucys, and bots that promise nothing, as processes of their own."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.db.local_postgres import LocalPostgres
from bot.sandbox.sandbox import Sandbox
from tests.lucy_process import FROM_HERE, Running, lucy_process
from tests.tracked import ROOT

MODEL = "gemini/gemini-3.1-flash-lite"
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_BARE = (
    sys.executable,
    "-c",
    f"import runpy, sys; sys.path.insert(0, {str(ROOT)!r}); runpy.run_module('tests.bench.bare_bot', run_name='__main__')",
)


@dataclass(frozen=True, slots=True)
class Bots:
    """The replicas of one contender, and how to read the seconds of CPU their database used."""

    replicas: Sequence[Running]
    database_s: Callable[[], float] = lambda: 0.0

    def cpu_s(self) -> float:
        return sum(cpu_s(bot.pid) for bot in self.replicas)

    def resident_mb(self) -> float:
        return sum(bot.resident_mb() for bot in self.replicas)


@asynccontextmanager
async def lucys(
    sandbox: Sandbox, folder: Path, replicas: int, more: Mapping[str, str] | None = None
) -> AsyncIterator[Bots]:
    """Lucys on one database."""
    postgres = LocalPostgres(folder / "database")
    url = await postgres.start()
    postmaster = int((folder / "database" / "pg" / "postmaster.pid").read_text().split()[0])
    try:
        async with AsyncExitStack() as stack:
            starting = (lucy_process(sandbox, folder, FROM_HERE, url, more) for _ in range(replicas))
            bots = [await stack.enter_async_context(bot) for bot in starting]
            yield Bots(bots, lambda: cpu_s(postmaster, children=True))
    finally:
        await postgres.stop()


@asynccontextmanager
async def bare_bots(
    sandbox: Sandbox, folder: Path, replicas: int, more: Mapping[str, str] | None = None
) -> AsyncIterator[Bots]:
    """The others, who have no database."""
    model = {"MODEL": MODEL, "MODEL_BASE": sandbox.providers[MODEL.split("/")[0]].api_base}
    async with AsyncExitStack() as stack:
        starting = (lucy_process(sandbox, folder, _BARE, "none", {**model, **(more or {})}) for _ in range(replicas))
        yield Bots([await stack.enter_async_context(bot) for bot in starting])


def cpu_s(pid: int, *, children: bool = False) -> float:
    """Seconds of CPU a process used; with its children of now and of the past."""
    stat = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    used = sum(int(stat[place]) for place in ((11, 12, 13, 14) if children else (11, 12))) / _TICKS_PER_S
    if not children:
        return used
    workers = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return used + sum(cpu_s(int(worker)) for worker in workers)
