"""`lucy budget`: the same budgets as `/lucy-costs budget`, for operators."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.commands.costs import AsJson, Workspace


def budget(
    whose: Annotated[str, typer.Argument(help="workspace, a user's id (U…) or a channel's (C…); all if left out")] = "",
    limit: Annotated[str, typer.Argument(help="USD, like 50 or 12.50; or off")] = "",
    per: Annotated[str, typer.Option(help="day or month")] = "month",
    mode: Annotated[str, typer.Option(help="soft (only warns), stop, or step-down (to the fast tier first)")] = "stop",
    workspace: Workspace = "",
    as_json: AsJson = False,
) -> None:
    """Show budgets, set one, or end one."""
    import asyncio
    import json

    from bot.commands.budgeting import Change, all_budgets, changed
    from bot.config import load_settings
    from bot.costs.budget_words import as_json as json_of
    from bot.costs.budget_words import in_a_line

    settings = load_settings()
    if whose:
        standings = asyncio.run(changed(settings, workspace, Change.of(whose, limit, per, mode)))
    else:
        standings = asyncio.run(all_budgets(settings, workspace))
    if as_json:
        typer.echo(json.dumps([json_of(one) for one in standings], indent=2))
        return
    for one in standings:
        typer.echo(in_a_line(one))
    if not standings:
        typer.echo("No budget is set.")
