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
    from bot.digests.words import as_json as json_of
    from bot.digests.words import as_lines

    yesterday = datetime.now(UTC).astimezone(zone_of(zone)).date() - timedelta(days=1)
    composed = asyncio.run(digest_at(load_settings(), workspace, yesterday, zone))
    if as_json:
        typer.echo(json.dumps(json_of(composed), indent=2))
        return
    for line in as_lines(composed):
        typer.echo(line)
