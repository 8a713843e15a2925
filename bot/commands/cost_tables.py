"""A spend report in a terminal: a table where there is one, plain lines where there is none; the same numbers."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from bot.costs.money import percent, show
from bot.costs.reports import SpendReport, in_words, per_call
from bot.db.rollups import Sums

_HEAD = ("Cost", "Estimated", "Share", "Calls", "Per call")


def print_report(report: SpendReport, console: Console | None = None) -> None:
    """The total in words, then every row."""
    console = console or Console(highlight=False)
    console.print(in_words(report).replace("*", "").replace("`", ""), markup=False)
    lines = [_line(row, report.total) for row in report.rows]
    if console.is_terminal and lines:
        table = Table(report.by or "", box=None, pad_edge=False)
        for title in _HEAD:
            table.add_column(title, justify="right")
        for line in lines:
            table.add_row(*line)
        console.print(table, markup=False)
        return
    for name, *figures in lines:
        told = "".join(f"{figure:>14}" for figure in figures)
        console.print(f"  {name:<40}{told}", markup=False, soft_wrap=True)


def _line(row: Sums, total: Sums) -> list[str]:
    each = per_call(row)
    cost = "unpriced" if row.unpriced and not row.cost_usd else show(row.cost_usd)
    return [
        row.key or "–",
        cost,
        show(row.estimated_usd) if row.estimated_usd else "–",
        percent(row.cost_usd, total.cost_usd),
        f"{row.calls:,}",
        "–" if each is None else show(each),
    ]
