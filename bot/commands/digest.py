"""`lucy digest`: the latest digest as it would be posted."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from bot.commands.costs import AsJson, Workspace


class Covers(StrEnum):
    """How much a digest covers, without loading what composes it."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


def digest(
    workspace: Workspace = "",
    kind: Annotated[Covers, typer.Option(help="Yesterday, last week or last month.")] = Covers.DAILY,
    zone: Annotated[str, typer.Option(help="Whose days, e.g. Europe/Berlin; by default the digest's own.")] = "",
    as_json: AsJson = False,
) -> None:
    """Show the latest digest without posting it."""
    import asyncio
    import json

    from bot.commands.reading import digest_at
    from bot.config import load_settings
    from bot.db.digests import Kind
    from bot.digests.words import as_json as json_of
    from bot.digests.words import as_lines

    composed = asyncio.run(digest_at(load_settings(), workspace, Kind(kind.value), zone or None))
    if as_json:
        typer.echo(json.dumps(json_of(composed), indent=2))
        return
    for line in as_lines(composed):
        typer.echo(line)
