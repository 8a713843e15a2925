"""Runs every measurement and prints one table: `python -m tests.bench`."""

from __future__ import annotations

import asyncio
import os
import platform
from collections.abc import AsyncIterator

import uvloop
from rich.console import Console
from rich.table import Table

from tests.bench.attempt import attempt_cost
from tests.bench.figure import Figure
from tests.bench.inside import around_a_call, fast_path, help_time, pricing
from tests.bench.replay import replayed
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
    async for figure in whole():
        yield figure


async def main() -> None:
    console = Console()
    title = f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}"
    table = Table("figure", "measured", "bound", "", "", title=title)
    async for figure in figures():
        console.print(f"  {figure.name}: {figure.measured:.3g} {figure.unit}", highlight=False)
        bound = f"< {figure.bound:g} {figure.unit}" if figure.bound else ""
        table.add_row(figure.name, f"{figure.measured:.3g} {figure.unit}", bound, figure.verdict, figure.remark)
    console.print(table)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
