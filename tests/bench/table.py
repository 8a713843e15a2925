"""Figures as a table, each told as soon as it is measured."""

from __future__ import annotations

import os
import platform
from collections.abc import AsyncIterator

from rich.console import Console
from rich.table import Table

from tests.bench.figure import Figure


async def show(console: Console, figures: AsyncIterator[Figure]) -> None:
    title = f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}"
    table = Table("figure", "measured", "bound", "", "", title=title)
    async for figure in figures:
        console.print(f"  {figure.name}: {figure.measured:.3g} {figure.unit}", highlight=False)
        bound = f"< {figure.bound:g} {figure.unit}" if figure.bound else ""
        table.add_row(figure.name, f"{figure.measured:.3g} {figure.unit}", bound, figure.verdict, figure.remark)
    console.print(table)
