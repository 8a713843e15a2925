"""`lucy digest`: yesterday's digest as it would be posted."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.commands.costs import AsJson, Workspace


def digest(
    workspace: Workspace = "",
    zone: Annotated[str, typer.Option(help="Whose yesterday, e.g. Europe/Berlin")] = "UTC",
    as_json: AsJson = False,
) -> None:
    """Show yesterday's digest without posting it."""
    import asyncio
    import json
    from datetime import UTC, datetime, timedelta

    from bot.commands.reading import digest_at
    from bot.config import load_settings
    from bot.costs.periods import zone_of
    from bot.costs.reports import in_words

    yesterday = datetime.now(UTC).astimezone(zone_of(zone)).date() - timedelta(days=1)
    composed = asyncio.run(digest_at(load_settings(), workspace, yesterday, zone))
    if as_json:
        typer.echo(json.dumps({"date": str(yesterday), **composed.report.as_json()}, indent=2))
        return
    typer.echo(f"Lucy's costs on {composed.report.period.label}")
    typer.echo(in_words(composed.report).replace("*", ""))
