"""`make bench-ledger`: reads and room of a ledger of ten million rows, beside one of a hundred thousand.

`python -m tests.bench.ledger 1000000` for another size. Ten million rows take some 18 GB of the temporary folder, which
is emptied at the end, and 20 minutes on two busy cores.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import md5
from statistics import median
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import uvloop
from rich.console import Console

from bot.costs.folding import fold
from bot.costs.periods import period
from bot.costs.reports import DIMENSIONS, Reports
from bot.db.database import Database
from bot.db.digests import Kind
from bot.db.folding import FOLDED, GRACE
from bot.db.roles import WORKSPACE as LOCK
from bot.digests.compose import Composer
from bot.digests.spans import Span
from tests.bench.figure import Figure, percentile
from tests.bench.generated_ledger import WORKSPACES, ZONES, generate
from tests.bench.homes import homes
from tests.bench.lately import happen
from tests.bench.scratch import bare_connection, scratch_database
from tests.bench.table import show
from tests.db.planning import heard, planned, statements_of

FEW, MANY = 100_000, 10_000_000
READS = 150
ROLLED_UP = tuple(dimension for dimension in DIMENSIONS if dimension != "thread")
LITELLM_BYTES = 6300
BASELINE = "anthropic/claude-sonnet-5-5"

HEAP = "SELECT sum(pg_table_size(inhrelid)) FROM pg_inherits WHERE inhparent = 'cost_log'::regclass"
INDEXES = "SELECT sum(pg_indexes_size(inhrelid)) FROM pg_inherits WHERE inhparent = 'cost_log'::regclass"
ROLLED = f"SELECT count(*) FILTER (WHERE shard < {FOLDED}), count(*) FILTER (WHERE shard = {FOLDED}) FROM cost_rollup"
LARGE = "SELECT name FROM unnest($1::text[]) AS name WHERE pg_table_size(name::regclass) > 1000000 ORDER BY name"
ROLLUP = "SELECT pg_total_relation_size('cost_rollup')"


@dataclass(frozen=True, slots=True)
class Measured:
    """One size of ledger: p95 of its reads in milliseconds, bytes per call, and what plans read from end to end."""

    rows: int
    month_ms: float
    digest_ms: float
    home_ms: float
    heap: float
    indexes: float
    rollup: float
    through: tuple[str, ...]


async def figures(rows: int, say: Callable[[str], None]) -> AsyncIterator[Figure]:
    few, many = await measured(FEW, say), await measured(rows, say)
    for name, small, large in (
        ("/lucy-costs month", few.month_ms, many.month_ms),
        ("a digest's queries", few.digest_ms, many.digest_ms),
    ):
        yield Figure(f"{name} at {rows:,} rows, p95", large, "ms", 50, f"at {FEW:,}: {small:.1f} ms")
        yield Figure(f"{name}, against {FEW:,} rows", large / small, "x", 2)
    remark = f"opened to published; at {FEW:,}: {few.home_ms:.1f} ms"
    yield Figure(f"an App Home published at {rows:,} rows, p95", many.home_ms, "ms", 200, remark)
    log = many.heap + many.indexes
    remark = f"{many.indexes:.0f} of it indexes; LiteLLM's proxy takes {LITELLM_BYTES:,}"
    yield Figure(f"cost_log per call at {rows:,} rows", log, "bytes", 700, remark)
    whole = f"EXPLAIN of reports, digest and the ledger's statements: {', '.join(many.through) or 'none'}"
    yield Figure(f"tables read from end to end at {rows:,} rows", len(many.through), "", 1, whole)
    yield Figure("with the rollup's share", log + many.rollup, "bytes", 700, f"{many.rollup:.0f} of it the rollup")


async def measured(rows: int, say: Callable[[str], None]) -> Measured:
    async with scratch_database() as db, bare_connection(db) as connection:
        began = time.perf_counter()
        await generate(connection, rows, say, folded=True)
        say(f"{rows:,} rows made in {time.perf_counter() - began:.0f} s")
        count = await connection.fetchval("SELECT count(*) FROM cost_log")
        began = time.perf_counter()
        await fold(db)
        say(f"the last past day folded by the job in {time.perf_counter() - began:.0f} s")
        await happen(connection)
        await connection.execute("VACUUM (ANALYZE) cost_rollup")
        quarters, folded = await connection.fetchrow(ROLLED)
        say(
            f"rollup: {folded:,} rows of folded days, {quarters:,} of today's quarters (every day was folded when it was over)"
        )
        month_ms, digest_ms, home_ms = await reads(db, say)
        sizes = [float(await connection.fetchval(size)) / count for size in (HEAP, INDEXES, ROLLUP)]
        say(
            f"month {month_ms:.1f} ms, digest {digest_ms:.1f} ms, Home {home_ms:.1f} ms; heap, indexes, rollup per call: {sizes}"
        )
        return Measured(count, month_ms, digest_ms, home_ms, *sizes, await read_through(db, connection))


async def read_through(db: Database, connection: Any) -> tuple[str, ...]:
    """The tables of the ledger that the busiest workspace's reports, its digest or a statement would read from end to end.

    One of a few pages, a month to come say, is read so at no cost.
    """
    workspace_id, zone = placed(1)
    await connection.execute(f"SET {LOCK} = '{workspace_id}'")
    plans = [await planned(connection, sql.sql, *sql.arguments(of)) for sql, of in statements_of(workspace_id).values()]
    with heard(db) as statements:
        for dimension in ROLLED_UP:
            await Reports(db, BASELINE).spend(workspace_id, period("month", datetime.now(UTC), zone), dimension)
        await Composer(db, BASELINE).compose(workspace_id, yesterday(zone), zone)
    plans += [await planned(connection, *said) for said in statements]
    tables = {node["Relation Name"] for nodes in plans for node in nodes if node["Node Type"] == "Seq Scan"}
    await connection.execute("RESET ROLE")
    large = await connection.fetch(LARGE, sorted(name for name in tables if name.startswith("cost_")))
    return tuple(row["name"] for row in large)


async def reads(db: Database, say: Callable[[str], None]) -> tuple[float, float, float]:
    """p95 of each, over workspaces drawn as their calls are: the busiest most often."""
    reports, composer, dice = Reports(db, BASELINE), Composer(db, BASELINE), random.Random(1)

    async def month() -> None:
        workspace_id, zone = drawn(dice)
        report = await reports.spend(workspace_id, period("month", datetime.now(UTC), zone), dice.choice(ROLLED_UP))
        assert report.total.calls == sum(row.calls for row in report.rows)

    async def digest() -> None:
        workspace_id, zone = drawn(dice)
        await composer.compose(workspace_id, yesterday(zone), zone)

    say(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    async with homes(db, reports, dice, drawn) as home:
        return await p95_ms(month, say), await p95_ms(digest, say), await p95_ms(home, say)


async def p95_ms(read: Callable[[], Awaitable[None]], say: Callable[[str], None]) -> float:
    for _ in range(20):
        await read()
    taken = []
    for _ in range(READS):
        began = time.perf_counter()
        await read()
        taken.append((time.perf_counter() - began) * 1000)
    say(f"{read.__name__}: p50 {median(taken):.1f} ms, p95 {percentile(taken, 95):.1f} ms, least {min(taken):.1f} ms")
    return percentile(taken, 95)


def yesterday(zone: str) -> Span:
    """The day of a zone that ended last, over for as long as folding waits."""
    day = (datetime.now(UTC) - GRACE).astimezone(ZoneInfo(zone)).date() - timedelta(days=1)
    return Span(Kind.DAILY, day, day)


def drawn(dice: random.Random) -> tuple[UUID, str]:
    """A workspace and its zone."""
    return placed(int(WORKSPACES ** dice.random()))


def placed(place: int) -> tuple[UUID, str]:
    """The workspace in a place, the busiest is the first, and its zone."""
    return UUID(md5(f"workspace {place}".encode(), usedforsecurity=False).hexdigest()), ZONES[place % len(ZONES)]


async def main() -> None:
    console = Console()
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else MANY
    await show(console, figures(rows, console.print))


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
