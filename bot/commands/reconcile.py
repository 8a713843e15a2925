"""`lucy reconcile`: the ledger beside a provider's own bill."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Provider = Annotated[str, typer.Option(help="openai, anthropic or openrouter")]
File = Annotated[Path | None, typer.Option(help="Read this export (JSON of the API, or the dashboard's CSV) instead.")]
Since = Annotated[str, typer.Option(help="First UTC day, YYYY-MM-DD; by default seven days before the last.")]
Until = Annotated[str, typer.Option(help="Last UTC day, YYYY-MM-DD; by default yesterday.")]
Base = Annotated[str, typer.Option(help="Where the provider's API is, if not at its usual address.")]


def reconcile(
    provider: Provider, file: File = None, since: Since = "", until: Until = "", api_base: Base = "",
    as_json: Annotated[bool, typer.Option("--json", help="Exact figures for machines.")] = False,
) -> None:  # fmt: skip
    """Show, per day and model, our cost, the provider's, the gap and what it is called."""
    import asyncio
    import json

    from rich.console import Console

    from bot.commands.reconciling import Bill, as_rows, as_table, days_between, provider_named, reconciled
    from bot.config import load_settings

    bill = Bill(provider_named(provider), days_between(since, until), file, api_base or None)
    found = asyncio.run(reconciled(load_settings(), bill))
    if as_json:
        typer.echo(json.dumps(as_rows(found), indent=2))
        return
    Console().print(as_table(bill, found))
