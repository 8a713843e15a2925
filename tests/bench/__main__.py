"""Runs every measurement and prints one table: `python -m tests.bench`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import uvloop
from rich.console import Console

from bot import log
from tests.bench.attempt import attempt_cost
from tests.bench.figure import Figure
from tests.bench.inside import around_a_call, fast_path, help_time, pricing
from tests.bench.replay import replayed
from tests.bench.table import show
from tests.bench.turns import turns
from tests.bench.whole import whole


async def figures() -> AsyncIterator[Figure]:
    yield fast_path()
    yield await around_a_call()
    yield pricing()
    yield help_time()
    async for figure in attempt_cost():
        yield figure
    async for figure in replayed():
        yield figure
    async for figure in turns():
        yield figure
    async for figure in whole():
        yield figure


async def main() -> None:
    console = Console()
    log.configure("ERROR")
    await show(console, figures())
    for further in (
        "`make bench-ledger` measures a ledger of ten million rows.",
        "`make bench-load` puts a bare bot beside her.",
    ):
        console.print(further, markup=False, highlight=False)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
