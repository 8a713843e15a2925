"""`lucy reprice`: a price for calls whose price was not known when they were made."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.commands.costs import AsJson


def reprice(
    workspace: Annotated[str, typer.Option(help="Slack team id (T…); every workspace if left out.")] = "",
    since: Annotated[str, typer.Option(help="First day (UTC), YYYY-MM-DD; everything if left out")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be priced, change nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Price calls that were unpriced, by the prices of their own time; each run stands in the audit log."""
    import asyncio
    import json

    from bot.commands.repricing import first_moment, reprice_at
    from bot.config import load_settings
    from bot.costs.money import exact, show

    done = asyncio.run(reprice_at(load_settings(), workspace, first_moment(since), dry_run))
    if as_json:
        figures = [
            {
                "workspace_id": str(each.workspace_id),
                "unpriced": each.unpriced,
                "priced": each.priced,
                "cost_usd": exact(each.cost_usd),
            }
            for each in done
        ]
        typer.echo(json.dumps(figures, indent=2))
        return
    verb = "would be priced" if dry_run else "priced"
    for each in done:
        typer.echo(
            f"{each.workspace_id}: {each.priced} of {each.unpriced} unpriced calls {verb}, {show(each.cost_usd)}"
        )
