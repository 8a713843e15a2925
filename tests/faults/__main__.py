"""The long form: `python -m tests.faults [--kills N] [--seed S] [--round R]`; exit 1 when anything is lost, double or wrong."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import random
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median

import asyncpg
import structlog
import uvloop
from cryptography.fernet import Fernet
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table
from sqlalchemy import make_url

from bot.db.database import Database
from bot.db.encryption import Cipher
from bot.db.local_postgres import LocalPostgres
from bot.db.migrate import migrate
from bot.sandbox.sandbox import Sandbox
from tests.faults.nursery import Nursery, nursery
from tests.faults.plan import Plan, plan
from tests.faults.siege import besieged
from tests.faults.verdict import Verdict

_console = Console()
_OF_A_ROUND = 25
_TEMPLATE = "template_siege"


@dataclass(slots=True)
class Tally:
    """The rounds of one kind."""

    rounds: int = 0
    kills: int = 0
    verdict: Verdict = field(default_factory=Verdict)


async def main(plans: Sequence[Plan]) -> bool:
    """True when nothing was lost, said twice or billed wrong."""
    began = time.perf_counter()
    tallies: dict[str, Tally] = defaultdict(Tally)
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lucy-faults-")))
        url = await stack.enter_async_context(_server(folder))
        lucys = await stack.enter_async_context(nursery())
        progress = stack.enter_context(_progress())
        bar = progress.add_task("", total=sum(each.kills for each in plans))
        with contextlib.suppress(asyncio.CancelledError):  # Ctrl-C: the table of what was done
            for each in plans:
                progress.update(bar, description=f"round {each.number}: {each.name}")
                verdict = await _round(each, url, folder, lucys, partial(progress.advance, bar))
                _tell(progress.console, each, verdict)
                _add(tallies[each.name], each, verdict)
    _console.print(_table(tallies, plans[0].seed, time.perf_counter() - began))
    return not any(tally.verdict.faults for tally in tallies.values())


@asynccontextmanager
async def _server(folder: Path) -> AsyncIterator[str]:
    """A PostgreSQL with an empty, migrated database to make others from."""
    postgres = LocalPostgres(folder / "database")
    url = await postgres.start()
    try:
        await _execute(url, f"CREATE DATABASE {_TEMPLATE}")
        await migrate(_named(url, _TEMPLATE))
        yield url
    finally:
        await postgres.stop()


async def _round(each: Plan, url: str, folder: Path, lucys: Nursery, tell: Callable[[], None]) -> Verdict:
    """One round in a world and a database of its own."""
    name = f"round_{each.number}"
    await _execute(url, f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE}")
    db = Database.open(_named(url, name), Cipher([Fernet.generate_key().decode()]))
    onlooker = await _connect(db.url)
    (folder / name).mkdir()
    try:
        async with Sandbox(retry_delays_s=()) as sandbox:
            return await besieged(each, sandbox, (onlooker, db), folder / name, lucys, tell)
    finally:
        await onlooker.close()
        await db.close()
        await _execute(url, f"DROP DATABASE {name} WITH (FORCE)")


def _add(tally: Tally, each: Plan, verdict: Verdict) -> None:
    tally.rounds += 1
    tally.kills += each.kills
    tally.verdict += verdict


def _tell(console: Console, each: Plan, verdict: Verdict) -> None:
    """A line for each round; what is wrong with the way to see it again."""
    counts = f"{verdict.acknowledged} asks, {len(verdict.faults)} faults"
    console.print(f"  round {each.number}, {each.name}: {each.kills} kills, {counts}", highlight=False)
    again = f"python -m tests.faults --seed {each.seed} --round {each.number} --kills {each.kills}"
    for fault in verdict.faults:
        console.print(f"[red]{escape(fault)}[/red]  ({again})", soft_wrap=True)


def _table(tallies: Mapping[str, Tally], seed: int, seconds: float) -> Table:
    title = f"Three Lucys under load, seed {seed}, {seconds / 60:.0f} min"
    heads = ("fault", "rounds", "kills", "asks", "said\nso", "calls", "lost", "double", "wrong\nbills")
    table = Table(*heads, title=title, box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    total = Tally()
    for name, tally in tallies.items():
        total = Tally(total.rounds + tally.rounds, total.kills + tally.kills, total.verdict + tally.verdict)
        table.add_row(name, *_cells(tally))
    stops = total.verdict.stops_s
    table.caption = f"{len(stops)} clean stops, half of them within {median(stops):.1f} s" if stops else None
    table.add_section()
    table.add_row("in all", *_cells(total))
    return table


def _cells(tally: Tally) -> list[str]:
    verdict = tally.verdict
    faults = (len(verdict.lost), len(verdict.double), len(verdict.wrong_bills))
    return [
        f"{count:,}"
        for count in (tally.rounds, tally.kills, verdict.acknowledged, verdict.excused, verdict.attempts, *faults)
    ]


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description:44}"), BarColumn(), MofNCompleteColumn(), TextColumn("kills"), TimeElapsedColumn(),
        TextColumn("left"), TimeRemainingColumn(), console=_console,
    )  # fmt: skip


def _named(url: str, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)


async def _execute(url: str, statement: str) -> None:
    connection = await _connect(url)
    await connection.execute(statement)
    await connection.close()


async def _connect(url: str) -> asyncpg.Connection:
    at = make_url(url)
    return await asyncpg.connect(
        host=str(at.query.get("host", at.host)), user=at.username, password=at.password, database=at.database
    )


def plans(seed: int, kills: int) -> list[Plan]:
    """So many kills in rounds of one size; the last round may be smaller."""
    rounds = range(-(-kills // _OF_A_ROUND))
    return [plan(seed, number, min(_OF_A_ROUND, kills - number * _OF_A_ROUND)) for number in rounds]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--kills", type=int, default=1_000)
    parser.add_argument("--round", type=int, help="one round of the seed")
    given = parser.parse_args()
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    one = given.round is not None and plan(given.seed, given.round, min(given.kills, _OF_A_ROUND))
    _console.print(f"seed {given.seed}")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.exit(not runner.run(main([one] if one else plans(given.seed, given.kills))))
