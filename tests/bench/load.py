"""Lucy under load beside a bot that promises nothing, on the same Slack and models: `python -m tests.bench.load [MENTIONS]`.

Both answer every mention with a status, one model call and one post. What the sandbox costs both pay alike: it runs in
this process, on the same cores. Both answer when the answer is whole.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import uvloop
from rich.console import Console
from rich.table import Table

from bot.db.local_postgres import LocalPostgres
from bot.sandbox.sandbox import Sandbox
from tests.bench.figure import percentile
from tests.lucy_process import FROM_HERE, Running, lucy_process
from tests.tracked import ROOT

MENTIONS, AT_ONCE = 2000, 32
QUIET, QUIET_PER_S = 200, 10
REPLICAS = (1, 2, 4)
MODEL = "gemini/gemini-3.1-flash-lite"
MODEL_S = 0.05
CHANNEL = "C0GENERAL"
PEOPLE = itertools.cycle(f"U0LOAD{number}" for number in range(20))
"""Enough that nobody's own limit of asks at once is met."""
PATIENCE_S = 300
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
BARE = (
    sys.executable,
    "-c",
    f"import runpy, sys; sys.path.insert(0, {str(ROOT)!r}); runpy.run_module('tests.bench.bare_bot', run_name='__main__')",
)


@dataclass(frozen=True, slots=True)
class Load:
    """What one contender did; milliseconds unless the name says otherwise. `replies_ms` is less the model's time."""

    name: str
    replicas: int
    per_s: float
    cpu_ms: float
    database_cpu_ms: float
    acks_ms: Sequence[float]
    replies_ms: Sequence[float]
    grown_mb: float


@dataclass(slots=True)
class Mentions:
    """Mentions that were sent, and when each was answered in Slack, on one clock."""

    sandbox: Sandbox
    urls: Callable[[], str]
    sent: dict[str, float] = field(default_factory=dict)
    answered: dict[str, float] = field(default_factory=dict)
    came: asyncio.Event = field(default_factory=asyncio.Event)

    def __call__(self, change: dict[str, Any]) -> None:
        """Slack's state tells of every message."""
        message = change.get("message") or {}
        if change["event"] == "message" and message.get("user") == self.sandbox.slack.state.bot_user_id:
            self.answered.setdefault(str(message.get("thread_ts")), time.perf_counter())
            self.came.set()

    async def send(self) -> str:
        """One mention to the next replica; its ts, once it was acknowledged."""
        self.sandbox.slack.delivery.events_url = self.urls()
        began = time.perf_counter()
        ts = await self.sandbox.slack.say(next(PEOPLE), CHANNEL, f"<@{self.sandbox.slack.state.bot_user_id}> hello")
        self.sent[ts] = began
        return ts

    async def all_answered(self) -> None:
        """Returns when every mention sent so far has its answer."""
        async with asyncio.timeout(PATIENCE_S):
            while self.sent.keys() - self.answered.keys():
                self.came.clear()
                await self.came.wait()

    async def see_through(self) -> None:
        """One mention, to its answer."""
        ts = await self.send()
        async with asyncio.timeout(PATIENCE_S):
            while ts not in self.answered:
                await asyncio.sleep(0.005)


async def measured(name: str, replicas: int, mentions: int) -> Load:
    """One contender under both loads, in a world of its own: as fast as it can, then quietly."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="lucy-load-")))
        sandbox = await stack.enter_async_context(Sandbox())
        for provider in sandbox.providers.values():
            provider.answer_s = MODEL_S
        starting = lucys if name == "lucy" else bare_bots
        bots, database = await stack.enter_async_context(starting(sandbox, folder, replicas))
        urls = itertools.cycle(f"http://127.0.0.1:{bot.port}/slack/events" for bot in bots)
        seen = Mentions(sandbox, lambda: next(urls))
        sandbox.slack.state.subscribe(seen)
        await asyncio.gather(*(seen.see_through() for _ in range(4 * replicas)))
        before = sum(bot.resident_mb() for bot in bots)
        cpu, database_cpu = sum(cpu_s(bot.pid) for bot in bots), database()
        began = time.perf_counter()
        todo = iter(range(mentions))

        async def busy() -> None:
            for _ in todo:
                await seen.see_through()

        await asyncio.gather(*(busy() for _ in range(AT_ONCE)))
        took = time.perf_counter() - began
        cpu, database_cpu = sum(cpu_s(bot.pid) for bot in bots) - cpu, database() - database_cpu
        grown = sum(bot.resident_mb() for bot in bots) - before
        acks, replies = await quietly(seen)
        return Load(
            name, replicas, mentions / took, cpu / mentions * 1000, database_cpu / mentions * 1000, acks, replies, grown
        )


async def quietly(seen: Mentions) -> tuple[list[float], list[float]]:
    """Milliseconds from event to acknowledgement, and to the answer less the model's time, at a load both can bear."""
    log = seen.sandbox.slack.delivery.log
    log.clear()
    seen.sent.clear()
    sending = []
    for _ in range(QUIET):
        sending.append(asyncio.create_task(seen.send()))
        await asyncio.sleep(1 / QUIET_PER_S)
    await asyncio.gather(*sending)
    await seen.all_answered()
    replies = [(seen.answered[ts] - began - MODEL_S) * 1000 for ts, began in seen.sent.items()]
    return [each.ms for each in log], replies


@asynccontextmanager
async def lucys(
    sandbox: Sandbox, folder: Path, replicas: int
) -> AsyncIterator[tuple[list[Running], Callable[[], float]]]:
    """Lucys on one database, and how to read the seconds of CPU it used."""
    postgres = LocalPostgres(folder / "database")
    url = await postgres.start()
    postmaster = int((folder / "database" / "pg" / "postmaster.pid").read_text().split()[0])
    try:
        async with AsyncExitStack() as stack:
            more = {"LUCY_SLACK_RATE": "10000", "LUCY_STREAM_EVERY_S": "0"}
            bots = [
                await stack.enter_async_context(lucy_process(sandbox, folder, FROM_HERE, url, more))
                for _ in range(replicas)
            ]
            yield bots, lambda: cpu_s(postmaster, children=True)
    finally:
        await postgres.stop()


@asynccontextmanager
async def bare_bots(
    sandbox: Sandbox, folder: Path, replicas: int
) -> AsyncIterator[tuple[list[Running], Callable[[], float]]]:
    """The others, who have no database."""
    provider = sandbox.providers[MODEL.split("/")[0]]
    more = {"MODEL": MODEL, "MODEL_BASE": provider.api_base}
    async with AsyncExitStack() as stack:
        yield (
            [
                await stack.enter_async_context(lucy_process(sandbox, folder, BARE, "none", more))
                for _ in range(replicas)
            ],
            lambda: 0.0,
        )


def cpu_s(pid: int, *, children: bool = False) -> float:
    """Seconds of CPU a process used; with its children of now and of the past."""
    stat = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    used = sum(int(stat[place]) for place in ((11, 12, 13, 14) if children else (11, 12))) / _TICKS_PER_S
    if not children:
        return used
    workers = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return used + sum(cpu_s(int(worker)) for worker in workers)


async def main(mentions: int) -> None:
    """Each pair one after the other, and one table."""
    console = Console()
    title = f"{mentions} mentions as fast as they are answered ({AT_ONCE} at a time), then {QUIET} at {QUIET_PER_S}/s"
    table = Table("bot", "replicas", "mentions/s", "of bare", "CPU ms each", "of bare", "PostgreSQL ms", "ack p50/p95/p99",
                  "reply p50/p95/p99", "grown MB", title=title)  # fmt: skip
    for replicas in REPLICAS:
        bare = await measured("bare", replicas, mentions)
        for load in (bare, await measured("lucy", replicas, mentions)):
            console.print(f"  {load.name} x{load.replicas}: {load.per_s:.1f} mentions/s", highlight=False)
            table.add_row(
                load.name, str(load.replicas), f"{load.per_s:.1f}", f"{load.per_s / bare.per_s:.2f}x", f"{load.cpu_ms:.1f}",
                f"{load.cpu_ms / bare.cpu_ms:.2f}x", f"{load.database_cpu_ms:.1f}", spread(load.acks_ms),
                spread(load.replies_ms), f"{load.grown_mb:.0f}",
            )  # fmt: skip
    console.print(table)


def spread(values: Sequence[float]) -> str:
    """Milliseconds."""
    return f"{median(values):.0f}/{percentile(values, 95):.0f}/{percentile(values, 99):.0f}"


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else MENTIONS))
