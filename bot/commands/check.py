"""`lucy check`: what is set, what is missing, and what will not work."""

from __future__ import annotations

import typer


def check() -> None:
    """Look at settings, keys, prices, database, clock, manifest and Slack. Exit 1 on a fault, 2 on a bad setting."""
    import asyncio

    from rich.console import Console
    from rich.table import Table

    from bot.commands.findings import State, exit_code
    from bot.commands.inspection import inspect
    from bot.config import load_settings, provider_keys

    marks = {
        State.OK: "[green]ok[/]",
        State.WARNING: "[yellow]warning[/]",
        State.FAULT: "[red]fault[/]",
        State.SETTING: "[red]bad setting[/]",
    }
    table = Table(box=None, pad_edge=False, show_header=False)
    findings = asyncio.run(inspect(load_settings(), provider_keys()))
    for finding in findings:
        table.add_row(marks[finding.state], f"[bold]{finding.subject}[/]", finding.detail)
    Console().print(table)
    raise typer.Exit(exit_code(findings))
